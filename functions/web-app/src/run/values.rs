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
    },
    Raw(String),
}

/// What has a name of its own.
struct Named {
    name: String,
    values: Vec<ValueView>,
    left_out: Count,
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
        let (mut prose, mut lines, mut trees) = (Vec::new(), Vec::new(), Vec::new());
        for (name, values) in members {
            if !allowance.take(FRAME) {
                break;
            }
            let views = values.iter().take(VALUES);
            let mut views: Vec<_> = views.map(|value| ValueView::new(value, &mut allowance)).collect();
            allowance.is_cut |= views.len() < values.len();
            let name: String = name.chars().take(200).collect();
            let size = match views.as_slice() {
                [one] => one.size(),
                _ => Size::Prose,
            };
            if size == Size::Tree {
                views = views.into_iter().map(|view| view.named(&name)).collect();
            }
            let group = match size {
                Size::Prose => &mut prose,
                Size::Line => &mut lines,
                Size::Tree => &mut trees,
            };
            group.push(Named {
                name,
                left_out: Count((values.len() - views.len()) as u64),
                values: views,
            });
        }
        Self {
            content: Content::Named { prose, lines, trees },
            is_cut: allowance.is_cut,
            ..self
        }
    }
}

/// The values as one array.
fn list(values: &[Json]) -> Option<Json> {
    let texts: Vec<&str> = values.iter().map(Json::get).collect();
    serde_json::from_str(&format!("[{}]", texts.join(","))).ok()
}
