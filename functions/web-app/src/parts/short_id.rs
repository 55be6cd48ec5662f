//! An id by its beginning, unless it is short, with the whole of it on hover.

use askama::{Template, filters::HtmlSafe};

use crate::format;

/// What is not longer is shown whole: what people choose as their ids, rather than UUIDs.
const SHORT: usize = 16;

/// An id.
#[derive(Debug, Template)]
#[template(source = r#"<code title="{{ self.0 }}">{{ self.shown() }}</code>"#, ext = "html")]
pub(crate) struct ShortId<'a>(pub(crate) &'a str);

impl ShortId<'_> {
    fn shown(&self) -> &str {
        if self.0.len() <= SHORT {
            self.0
        } else {
            format::short_id(self.0)
        }
    }
}

impl HtmlSafe for ShortId<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_id_is_shown_whole() {
        for (id, shown) in [
            ("demo-user", "demo-user"),
            ("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "0190a1b2"),
        ] {
            assert_eq!(ShortId(id).shown(), shown);
        }
    }
}
