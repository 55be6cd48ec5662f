//! What a language model is told of a run: pure text, of bounded size, without secrets.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::mask::{mask, mask_named};
use crate::{ExecutionStatus, truncate::truncate};

/// What models are told to do, unless a request says otherwise.
pub const DEFAULT_SYSTEM_PROMPT: &str = include_str!("system_prompt.txt");
/// How a run is put to them, unless a request says otherwise.
pub const DEFAULT_USER_PROMPT: &str = include_str!("user_prompt.txt");
/// What is added to the system prompt for a model that takes no schema.
pub const JSON_INSTRUCTION: &str = "Answer with one JSON object and nothing else, of this form: \
    {\"activity_status\": \"one to three sentences\", \"correctness_score\": a number from 0 to 1}";

/// The characters of an input, an output or an error that are shown.
const SHOWN: usize = 100;
/// Never less than this, however small the budget for a prompt is: below it nothing sensible fits.
const LEAST_BYTES: usize = 1_000;

/// The JSON schema of an answer.
pub fn schema() -> serde_json::Value {
    json!({
        "type": "object",
        "properties": {
            "activity_status": {
                "type": "string",
                "description": "What the run did, for the person who started it: one to three sentences."
            },
            "correctness_score": {
                "type": "number",
                "description": "How well the run did what the graph is for, from 0 to 1."
            }
        },
        "required": ["activity_status", "correctness_score"],
        "additionalProperties": false
    })
}

/// A run as the database tells it: counted and sampled, so that its size does not depend on how many nodes ran.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// The graph's name.
    pub graph_name: Option<String>,
    /// What the graph is for.
    pub graph_description: Option<String>,
    /// How the run ended.
    pub status: ExecutionStatus,
    /// The error that ended it.
    pub error: Option<String>,
    /// Its nodes.
    pub nodes: Vec<NodeSample>,
    /// How many more nodes the graph has.
    #[serde(default)]
    pub nodes_left_out: u64,
    /// What leads from node to node.
    pub links: Vec<Link>,
}

/// A node of the graph, and what its executions were.
#[derive(Debug, Clone, Deserialize)]
pub struct NodeSample {
    /// The node.
    pub id: String,
    /// The block that it runs.
    pub block_id: String,
    /// The block's name.
    pub block_name: Option<String>,
    /// What the block does.
    pub block_description: Option<String>,
    /// Whether the block carries an input or an output of the graph: its data are shown in full.
    pub is_boundary: bool,
    /// How often it ran.
    pub runs: u64,
    /// How often that failed.
    pub errors: u64,
    /// Errors, oldest first: all, or of more than ten the first five and the last five.
    pub error_samples: Vec<String>,
    /// What went into its newest runs.
    pub recent_inputs: Vec<Vec<Value>>,
    /// What came out of them.
    pub recent_outputs: Vec<Vec<Value>>,
}

/// A named value as text; of a long one the beginning.
#[derive(Debug, Clone, Deserialize)]
pub struct Value {
    /// The input's or output's name.
    pub name: String,
    /// The value: a string as it is, anything else as JSON.
    pub text: String,
}

/// A link from node to node.
#[derive(Debug, Clone, Deserialize)]
pub struct Link {
    /// The node that gives.
    pub source_id: String,
    /// Its output.
    pub source_name: String,
    /// The node that takes.
    pub sink_id: String,
    /// Its input.
    pub sink_name: String,
    /// Whether the value stays for later runs.
    pub is_static: bool,
}

/// The prompts of a job, with `{{GRAPH_NAME}}` and `{{EXECUTION_DATA}}` in them.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Templates {
    /// What the model is told to do.
    pub system: String,
    /// How a run is put to it.
    pub user: String,
}

impl Templates {
    /// The user prompt for a run, of which the data have at most `max_bytes`.
    pub fn user_prompt(&self, case: &Case, max_bytes: usize) -> String {
        let name = cut(&mask(case.graph_name.as_deref().unwrap_or("(unnamed graph)")));
        let data = case.data(max_bytes);
        // In one go: what is put in is not looked through again.
        let mut prompt = String::with_capacity(self.user.len() + data.len());
        let mut rest = self.user.as_str();
        while let Some(at) = rest.find("{{") {
            prompt.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("{{GRAPH_NAME}}") {
                prompt.push_str(&name);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("{{EXECUTION_DATA}}") {
                prompt.push_str(&data);
                rest = after;
            } else {
                prompt.push_str("{{");
                rest = &rest[2..];
            }
        }
        prompt.push_str(rest);
        prompt
    }
}

impl Case {
    /// The run as JSON of at most `max_bytes` (or a thousand, if that is less).
    pub fn data(&self, max_bytes: usize) -> String {
        let ids = self.nodes.iter().map(|node| &node.id);
        let names = Names(
            ids.chain(self.links.iter().flat_map(|link| [&link.source_id, &link.sink_id]))
                .collect(),
        );
        let mut data = json!({
            "graph": {
                "name": self.graph_name.as_deref().map(mask),
                "description": self.graph_description.as_deref().map(mask),
            },
            "overall_status": self.status,
            "overall_error": self.error.as_deref().map(mask),
            "nodes": self.nodes.iter().map(|node| node.data(&names)).collect::<Vec<_>>(),
            "links": self.links.iter().map(|link| link.data(&names)).collect::<Vec<_>>(),
        });
        if self.nodes_left_out > 0 {
            data["nodes_left_out"] = self.nodes_left_out.into();
        }
        let data = data.to_string();
        truncate(&data, max_bytes.max(LEAST_BYTES)).unwrap_or_default()
    }
}

impl NodeSample {
    fn data(&self, names: &Names<'_>) -> serde_json::Value {
        let values = |run: &Vec<Value>| -> serde_json::Map<_, _> {
            run.iter()
                .map(|value| (value.name.clone(), value.shown(self.is_boundary).into()))
                .collect()
        };
        let errors = self.error_samples.iter().map(|error| cut(&mask(error)));
        json!({
            "node": names.short(&self.id),
            "block": self.block_name.as_deref().unwrap_or(first_part(&self.block_id)),
            "block_description": self.block_description,
            "runs": self.runs,
            "errors": self.errors,
            "error_samples": errors.collect::<Vec<_>>(),
            "recent_inputs": self.recent_inputs.iter().map(values).collect::<Vec<_>>(),
            "recent_outputs": self.recent_outputs.iter().map(values).collect::<Vec<_>>(),
        })
    }
}

impl Value {
    /// Masked before it is cut, so that no half of a secret shows.
    fn shown(&self, in_full: bool) -> String {
        let text = mask_named(&self.name, &self.text);
        if in_full { text } else { cut(&text) }
    }
}

impl Link {
    fn data(&self, names: &Names<'_>) -> serde_json::Value {
        json!({
            "from": format!("{}.{}", names.short(&self.source_id), self.source_name),
            "to": format!("{}.{}", names.short(&self.sink_id), self.sink_name),
            "is_static": self.is_static,
        })
    }
}

/// The identifiers of a graph's nodes, which are told apart by what they are called.
struct Names<'a>(Vec<&'a String>);

impl Names<'_> {
    /// A UUID by its first part, unless another node would be called so too.
    fn short<'b>(&self, id: &'b str) -> &'b str {
        let part = first_part(id);
        let is_shared = part != id
            && self
                .0
                .iter()
                .any(|other| *other != id && other.starts_with(part) && first_part(other) == part);
        if is_shared { id } else { part }
    }
}

/// The first part of a UUID; any other identifier is whole, since its parts mean something.
fn first_part(id: &str) -> &str {
    let is_uuid = id.len() == 36 && uuid::Uuid::try_parse(id).is_ok();
    if is_uuid { &id[..8] } else { id }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Case {
        serde_json::from_value(json!({
            "graph_name": "Weather {{EXECUTION_DATA}}",
            "graph_description": "Tells the weather of a city.",
            "status": "COMPLETED",
            "error": null,
            "nodes": [
                {
                    "id": "0a1b2c3d-1111-7222-8333-444455556666", "block_id": "c0a8e994-ebf1-4a9c-a4d8-89d09c86741b",
                    "block_name": "AgentInputBlock", "block_description": "An input.", "is_boundary": true,
                    "runs": 1, "errors": 0, "error_samples": [],
                    "recent_inputs": [[{ "name": "value", "text": "x".repeat(150) }]], "recent_outputs": [[]],
                },
                {
                    "id": "fetch", "block_id": "6595ae1f-b924-42cb-9a41-551a0611c4b4",
                    "block_name": null, "block_description": null, "is_boundary": false,
                    "runs": 12, "errors": 11, "error_samples": ["first", format!("{}ü", "e".repeat(100))],
                    "recent_inputs": [[
                        { "name": "url", "text": format!("{} sk-abcdefghijklmnopqrstuvwxyz", "u".repeat(90)) },
                        { "name": "api_key", "text": "plain" },
                    ], []],
                    "recent_outputs": [[{ "name": "n", "text": "{\"a\":[1,2]}" }]],
                },
            ],
            "nodes_left_out": 3,
            "links": [{
                "source_id": "0a1b2c3d-1111-7222-8333-444455556666", "source_name": "result",
                "sink_id": "fetch", "sink_name": "url", "is_static": false,
            }],
        }))
        .unwrap()
    }

    #[test]
    fn the_data_are_counted_sampled_cut_and_masked() {
        let data: serde_json::Value = serde_json::from_str(&case().data(100_000)).unwrap();
        insta::assert_json_snapshot!(data);
    }

    #[test]
    fn nodes_are_told_apart() {
        let mut case = case();
        let ids = [
            "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
            "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a50",
            "g-abc-in",
            "g-abc-out",
            "0a1b2c3d-1111-7222-8333-444455556666-in",
        ];
        case.nodes.extend(ids.map(|id| NodeSample {
            id: id.to_owned(),
            ..case.nodes[1].clone()
        }));
        case.links[0].source_id = ids[1].to_owned();
        let data: serde_json::Value = serde_json::from_str(&case.data(100_000)).unwrap();
        let named: Vec<_> = data["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| node["node"].as_str().unwrap())
            .collect();
        let mut expected = vec!["0a1b2c3d", "fetch"];
        expected.extend(ids);
        assert_eq!(named, expected);
        assert_eq!(data["links"][0]["from"], format!("{}.result", ids[1]));
    }

    #[test]
    fn the_data_keep_to_their_budget() {
        let mut case = case();
        let node = case.nodes[1].clone();
        case.nodes.extend(std::iter::repeat_n(node, 5_000));
        for budget in [0, 1_000, 4_000, 60_000] {
            let data = case.data(budget);
            assert!(data.len() <= budget.max(LEAST_BYTES), "{budget}");
            serde_json::from_str::<serde_json::Value>(&data).unwrap();
        }
    }

    #[test]
    fn placeholders_are_filled_in_once() {
        let templates = Templates {
            system: String::new(),
            user: "{{GRAPH_NAME}} {{}} {{ {{EXECUTION_DATA}}{{GRAPH_NAME}}".to_owned(),
        };
        let mut case = case();
        case.nodes.clear();
        case.links.clear();
        let prompt = templates.user_prompt(&case, 10_000);
        let data = case.data(10_000);
        assert_eq!(
            prompt,
            format!("Weather {{{{EXECUTION_DATA}}}} {{{{}}}} {{{{ {data}Weather {{{{EXECUTION_DATA}}}}")
        );
        assert!(DEFAULT_USER_PROMPT.contains("{{GRAPH_NAME}}") && DEFAULT_USER_PROMPT.contains("{{EXECUTION_DATA}}"));
    }
}
