//! A moment: in UTC as it is sent, in the reader's zone and words once the module has seen it.

use askama::{Template, filters::HtmlSafe};
use runledger_models::Timestamp;

/// A moment. `is_relative`: shown as how long ago it is, with the exact time on hover.
#[derive(Debug, Template)]
#[template(path = "parts/when.html")]
pub(crate) struct When {
    at: Timestamp,
    is_relative: bool,
}

impl HtmlSafe for When {}

impl When {
    /// The exact moment.
    pub(crate) const fn exact(at: Timestamp) -> Self {
        Self { at, is_relative: false }
    }

    /// How long ago it is.
    pub(crate) const fn ago(at: Timestamp) -> Self {
        Self { at, is_relative: true }
    }

    /// `2026-01-02 03:04:05 UTC`
    fn utc(&self) -> String {
        let text = self.at.to_string();
        let (day, time) = text.split_once('T').unwrap_or((&text, ""));
        format!("{day} {} UTC", time.get(..8).unwrap_or(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_utc_and_for_machines() {
        let at = Timestamp::parse("2026-01-02T03:04:05.678Z").unwrap();
        let html = When::ago(at).to_string();
        let expected = r#"<time datetime="2026-01-02T03:04:05.678Z" data-relative>2026-01-02 03:04:05 UTC</time>"#;
        assert_eq!(html, expected);
    }
}
