//! An id by its beginning, with the whole of it on hover.

use askama::{Template, filters::HtmlSafe};

use crate::format;

/// An id.
#[derive(Debug, Template)]
#[template(
    source = r#"<code title="{{ self.0 }}">{{ format::short_id(self.0) }}</code>"#,
    ext = "html"
)]
pub(crate) struct ShortId<'a>(pub(crate) &'a str);

impl HtmlSafe for ShortId<'_> {}
