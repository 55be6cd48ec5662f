//! What stands where there is nothing to show: why, and what to do about it.

use askama::{Template, filters::HtmlSafe};

/// Nothing, with the reason and a way on.
#[derive(Debug, Template)]
#[template(path = "parts/empty.html")]
pub(crate) struct Empty<'a> {
    /// What there is not.
    pub(crate) what: &'a str,
    /// What whoever reads it can do.
    pub(crate) advice: &'a str,
}

impl HtmlSafe for Empty<'_> {}
