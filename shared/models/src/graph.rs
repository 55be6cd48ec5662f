//! Graphs and the blocks that their nodes run.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Fault, Id, Json, Object, Timestamp, json, time::deserialize_shown};

/// What a block is for. The ledger gathers a run's inputs and outputs by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BlockType {
    /// Any work.
    Standard,
    /// An input of the graph.
    Input,
    /// An output of the graph.
    Output,
    /// Starts the graph on a webhook that the platform registers.
    Webhook,
    /// Starts the graph on a webhook that a person registers.
    WebhookManual,
    /// Runs another graph.
    Agent,
    /// Calls a model.
    Ai,
    /// Waits for a person.
    HumanInTheLoop,
    /// A note on the canvas; never runs.
    Note,
}

impl BlockType {
    /// Whether the block starts its graph on a webhook.
    pub const fn is_webhook(self) -> bool {
        matches!(self, Self::Webhook | Self::WebhookManual)
    }
}

/// A block to register.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Ask a model",
    "type": "AI",
    "description": "Puts a question to a language model."
}))]
pub struct NewBlock {
    /// Its name; no two blocks have the same.
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    /// What it is for.
    #[serde(rename = "type")]
    pub block_type: BlockType,
    /// What it does.
    pub description: Option<String>,
    /// The JSON schema of its inputs.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub input_schema: Object,
    /// The JSON schema of its outputs.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub output_schema: Object,
}

/// A registered block.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
pub struct Block {
    /// The block.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(rename = "type")]
    pub block_type: BlockType,
    /// What it does.
    pub description: Option<String>,
    /// The JSON schema of its inputs.
    #[schema(value_type = Object)]
    pub input_schema: Json,
    /// The JSON schema of its outputs.
    #[schema(value_type = Object)]
    pub output_schema: Json,
}

/// A version of a graph to register.
// As it was sent: whether it is one is for `NewGraphVersion`.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewGraphVersion, example = json!({
    "name": "Answerer",
    "description": "Answers a question.",
    "nodes": [{"id": "0197a3c2-7d4f-7b20-a1c6-3e9f8d7c6b5a", "block_id": "c0a8e994-ebf1-4a9c-a4d8-89d09c86741b", "constant_input": {"name": "question"}}],
    "links": []
}))]
pub struct SentGraphVersion {
    /// Its name.
    pub name: String,
    /// What it is for. Scores judge its runs by it.
    pub description: Option<String>,
    /// Whether it is the version that runs.
    #[serde(default = "yes")]
    pub is_active: bool,
    /// Its nodes.
    #[serde(deserialize_with = "json::records")]
    pub nodes: Vec<GraphNode>,
    /// What connects them.
    #[serde(deserialize_with = "json::records")]
    pub links: Vec<GraphLink>,
}

/// A version of a graph that can be registered: no node twice, no link twice, and no link to a node that is not there.
// Not the reader's check, since a reader tells of one fault, and a graph may have many.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct NewGraphVersion(SentGraphVersion);

const fn yes() -> bool {
    true
}

/// A node of a graph.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphNode {
    /// The node.
    pub id: Id,
    /// The block that it runs.
    pub block_id: Id,
    /// The inputs that never change.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub constant_input: Object,
    /// Whatever the platform keeps with it.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub metadata: Object,
}

/// A link from an output of one node to an input of another.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphLink {
    /// The node that it comes from.
    pub source_id: Id,
    /// The node that it goes to.
    pub sink_id: Id,
    /// The output that it carries.
    pub source_name: String,
    /// The input that it feeds.
    pub sink_name: String,
    /// Whether the last value stays for further executions.
    #[serde(default)]
    pub is_static: bool,
}

/// A registered version of a graph.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
pub struct GraphVersion {
    /// The graph.
    pub id: Id,
    /// Its version.
    pub version: i32,
    /// Who owns it.
    pub user_id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is the version that runs.
    pub is_active: bool,
    /// When it was first registered; null where RFC 3339 cannot say it.
    #[serde(deserialize_with = "deserialize_shown")]
    pub created_at: Option<Timestamp>,
    /// Its nodes.
    pub nodes: Vec<GraphNode>,
    /// What connects them.
    pub links: Vec<GraphLink>,
}

impl TryFrom<SentGraphVersion> for NewGraphVersion {
    type Error = Vec<Fault>;

    fn try_from(sent: SentGraphVersion) -> Result<Self, Self::Error> {
        let mut faults = Vec::new();
        let mut fault = |pointer: String, detail: &str| {
            faults.push(Fault {
                pointer,
                detail: detail.to_owned(),
            });
        };
        let mut nodes = HashSet::new();
        for (index, node) in sent.nodes.iter().enumerate() {
            if !nodes.insert(&node.id) {
                fault(format!("/nodes/{index}/id"), "is given twice in this graph");
            }
        }
        let mut links = HashSet::new();
        for (index, link) in sent.links.iter().enumerate() {
            for (field, node) in [("source_id", &link.source_id), ("sink_id", &link.sink_id)] {
                if !nodes.contains(node) {
                    fault(format!("/links/{index}/{field}"), "names no node of this graph");
                }
            }
            if !links.insert((&link.source_id, &link.source_name, &link.sink_id, &link.sink_name)) {
                fault(format!("/links/{index}"), "is given twice in this graph");
            }
        }
        if faults.is_empty() { Ok(Self(sent)) } else { Err(faults) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_contract() {
        let names = "STANDARD INPUT OUTPUT WEBHOOK WEBHOOK_MANUAL AGENT AI HUMAN_IN_THE_LOOP NOTE";
        for name in names.split(' ') {
            let block_type: BlockType = serde_json::from_str(&format!("\"{name}\"")).unwrap();
            assert_eq!(serde_json::to_string(&block_type).unwrap(), format!("\"{name}\""));
            assert_eq!(block_type.is_webhook(), name.starts_with("WEBHOOK"));
        }
    }

    #[test]
    fn a_graph_has_no_node_or_link_twice_and_no_link_to_nowhere() {
        let node = |id: &str| format!(r#"{{"id":"{id}","block_id":"b"}}"#);
        let link = |from: &str, to: &str| {
            format!(r#"{{"source_id":"{from}","sink_id":"{to}","source_name":"o","sink_name":"i"}}"#)
        };
        for (nodes, links, pointers) in [
            (vec![node("a"), node("b")], vec![link("a", "b")], vec![]),
            (vec![node("a"), node("a")], vec![], vec!["/nodes/1/id"]),
            (vec![node("a")], vec![link("a", "x")], vec!["/links/0/sink_id"]),
            (vec![node("a")], vec![link("a", "a"), link("a", "a")], vec!["/links/1"]),
        ] {
            let text = format!(
                r#"{{"name":"g","nodes":[{}],"links":[{}]}}"#,
                nodes.join(","),
                links.join(",")
            );
            let sent: SentGraphVersion = serde_json::from_str(&text).unwrap();
            let faults = NewGraphVersion::try_from(sent).err().unwrap_or_default();
            assert_eq!(
                faults.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(),
                pointers,
                "{text}"
            );
        }
    }
}
