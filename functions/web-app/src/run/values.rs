//! What was asked and what came out.

use askama::{Template, filters::HtmlSafe};
use runledger_models::{GraphExecution, Json};

use crate::{
    format::Count,
    parts::{Allowance, Size, ValueView, raw},
};

/// The bytes that inputs may take on the page, and outputs.
const ALLOWANCE: usize = 70_000;
/// The bytes of raw JSON.
const RAW: usize = 60_000;
/// How many values of one output are shown.
const VALUES: usize = 50;
/// No value takes more than such a part of what is left while there are so many others.
const SHARES: usize = 20;
/// The bytes around a value by itself.
const FRAME: usize = 300;

/// Inputs or outputs.
#[derive(Template)]
#[template(path = "run/pane.html")]
pub(super) struct Pane {
    id: &'static str,
    title: &'static str,
    nothing: &'static str,
    /// Where all values are.
    data: String,
    content: Content,
    /// Whether some of it is not shown.
    pub(super) is_cut: bool,
}

impl HtmlSafe for Pane {}

enum Content {
    /// What there is to read comes first, then what is short, then what unfolds.
    Named {
        prose: Vec<Named>,
        lines: Vec<Named>,
        trees: Vec<Named>,
        left_out: Count,
    },
    Raw(String),
}

/// What has a name of its own.
struct Named {
    place: usize,
    name: String,
    values: Vec<ValueView>,
    left_out: Count,
    size: Size,
}

impl Pane {
    /// What went in.
    pub(super) fn of_inputs(run: &GraphExecution, data: &str, is_raw: bool) -> Self {
        let members: Vec<_> = run.inputs.iter().map(|(name, value)| (name.as_str(), value)).collect();
        let pane = Self {
            id: "inputs",
            title: "Inputs",
            nothing: "It was given nothing.",
            data: data.to_owned(),
            content: Content::Raw(String::new()),
            is_cut: false,
        };
        if is_raw {
            return pane.raw(members.into_iter());
        }
        pane.named(
            members
                .into_iter()
                .map(|(name, value)| (name, std::slice::from_ref(value))),
        )
    }

    /// What came out.
    pub(super) fn of_outputs(run: &GraphExecution, data: &str, is_raw: bool, is_finished: bool) -> Self {
        let pane = Self {
            id: "outputs",
            title: "Outputs",
            nothing: if is_finished {
                "Nothing came out."
            } else {
                "Nothing came out yet."
            },
            data: data.to_owned(),
            content: Content::Raw(String::new()),
            is_cut: false,
        };
        if is_raw {
            let lists: Vec<(&str, Json)> = run
                .outputs
                .iter()
                .filter_map(|(name, values)| Some((name.as_str(), list(values)?)))
                .collect();
            return pane.raw(lists.iter().map(|(name, values)| (*name, values)));
        }
        let members = run.outputs.iter();
        pane.named(members.map(|(name, values)| (name.as_str(), values.as_slice())))
    }

    fn raw<'a>(self, members: impl Iterator<Item = (&'a str, &'a Json)>) -> Self {
        let (text, is_cut) = raw(members, RAW);
        Self {
            content: Content::Raw(text),
            is_cut,
            ..self
        }
    }

    fn named<'a>(self, members: impl Iterator<Item = (&'a str, &'a [Json])>) -> Self {
        let mut allowance = Allowance::new(ALLOWANCE);
        let mut members: Vec<_> = members.enumerate().collect();
        // What is short is shown whatever else there is.
        members.sort_by_key(|(_, (_, values))| values.iter().map(|value| value.get().len()).sum::<usize>());
        let count = members.len();
        let mut all = Vec::new();
        for (place, (name, values)) in members {
            if !allowance.take(FRAME) {
                break;
            }
            let among = (count - all.len()).min(SHARES);
            all.push(allowance.share(among, |part| Named::new(place, name, values, part)));
        }
        all.sort_by_key(|named| named.place);
        let left_out = Count((count - all.len()) as u64);
        let (prose, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|named| named.size == Size::Prose);
        let (lines, trees) = others.into_iter().partition(|named| named.size == Size::Line);
        Self {
            content: Content::Named {
                prose,
                lines,
                trees,
                left_out,
            },
            is_cut: allowance.is_cut,
            ..self
        }
    }
}

impl Named {
    fn new(place: usize, name: &str, values: &[Json], allowance: &mut Allowance) -> Self {
        let views = values.iter().take(VALUES);
        let mut views: Vec<_> = views.map(|value| ValueView::new(value, allowance)).collect();
        allowance.is_cut |= views.len() < values.len();
        let name: String = name.chars().take(200).collect();
        let size = match views.as_slice() {
            [one] => one.size(),
            _ => Size::Prose,
        };
        if size == Size::Tree {
            views = views.into_iter().map(|view| view.named(&name)).collect();
        }
        Self {
            place,
            name,
            left_out: Count((values.len() - views.len()) as u64),
            values: views,
            size,
        }
    }
}

/// The values as one array.
fn list(values: &[Json]) -> Option<Json> {
    let texts: Vec<&str> = values.iter().map(Json::get).collect();
    serde_json::from_str(&format!("[{}]", texts.join(","))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(inputs: &serde_json::Value) -> Pane {
        let values: Vec<(String, Json)> = inputs
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), serde_json::from_str(&value.to_string()).unwrap()))
            .collect();
        let pane = Pane {
            id: "inputs",
            title: "Inputs",
            nothing: "Nothing.",
            data: "/runs/a/data".to_owned(),
            content: Content::Raw(String::new()),
            is_cut: false,
        };
        pane.named(
            values
                .iter()
                .map(|(name, value)| (name.as_str(), std::slice::from_ref(value))),
        )
    }

    #[test]
    fn what_is_short_is_shown_beside_what_is_large() {
        let pane = pane(&serde_json::json!({
            "a": "<".repeat(1 << 20), "b": {"deep": [1]}, "c": vec![1; 100_000], "z": "short",
        }));
        assert!(pane.is_cut);
        let html = pane.to_string();
        assert!(html.len() < 120_000, "{}", html.len());
        for part in [
            "short",
            "deep",
            "of 1,048,576 characters",
            "100,000 items",
            "Download all values",
        ] {
            assert!(html.contains(part), "{part}");
        }
    }

    #[test]
    fn many_inputs_end_with_how_many_more_there_are() {
        let many: serde_json::Map<_, _> = (0..5_000).map(|n| (format!("input {n:04}"), n.into())).collect();
        let html = pane(&many.into()).to_string();
        assert!(html.len() < 120_000, "{}", html.len());
        assert!(html.contains("more are not shown"));
    }
}
