//! A value of a node: what went in, what came out.

use askama::{Template, filters::HtmlSafe};
use runledger_models::Json;

use crate::{
    format::Bytes,
    parts::{Allowance, ValueView},
};

/// The most characters of a name that are shown.
const MOST_OF_NAME: usize = 120;

/// A value with its name.
#[derive(Debug, Template)]
#[template(path = "run/value.html")]
pub(super) struct NamedValue {
    name: String,
    bytes: Bytes,
    value: ValueView,
    is_cut: bool,
}

impl HtmlSafe for NamedValue {}

impl NamedValue {
    /// Shows as much of a value as the allowance goes.
    pub(super) fn new(name: impl Into<String>, value: &Json, allowance: &mut Allowance) -> Self {
        Self {
            name: name.into().chars().take(MOST_OF_NAME).collect(),
            bytes: Bytes(value.get().len() as u64),
            value: ValueView::new(value, allowance),
            is_cut: std::mem::take(&mut allowance.is_cut),
        }
    }

    /// Whether it has more.
    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cut_and_escaped_with_its_name() {
        let json: Json = Json::string("<b>äöüäöüäöü");
        let html = NamedValue::new("<i>", &json, &mut Allowance::new(20)).to_string();
        assert!(
            html.contains("&#60;b&#62;") && !html.contains("öüäöü") && !html.contains("<i>") && html.contains("Cut"),
            "{html}"
        );
    }
}
