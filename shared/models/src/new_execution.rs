//! What a graph execution starts from.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::{Id, Object, bounded::VersionNumber, json::Record};

/// What an execution starts from. The graph and the owner stand beside it. `N` is the form in which a node is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(
    as = CreateExecutionBody,
    description = "What an execution starts from.",
    example = json!({
        "graph_version": 1,
        "inputs": {"question": "why"},
        "starting_nodes_input": [{"node_id": "0197a3c2-7d4f-7b20-a1c6-3e9f8d7c6b5a", "input": {"value": "why"}}]
    })
)]
pub struct NewExecution<N = Record<StartingNode>> {
    /// The version of the graph to run.
    pub graph_version: VersionNumber,
    /// The inputs of the whole run, by name.
    #[schema(value_type = Object)]
    pub inputs: Object,
    /// The nodes to start at.
    pub starting_nodes_input: Vec<N>,
    /// The preset that starts it.
    pub preset_id: Option<Id>,
    /// The credentials that it is given, by name: what they are, never their secrets.
    #[schema(value_type = Option<Object>)]
    pub credential_inputs: Option<Object>,
    /// Inputs that replace those of nodes, by node.
    #[schema(value_type = Option<Object>)]
    pub nodes_input_masks: Option<Object>,
    /// The execution that starts this one; of the same user.
    pub parent_graph_exec_id: Option<Id>,
}

/// A node to start at, with its inputs.
#[derive(Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StartingNodeInput)]
pub struct StartingNode {
    /// The node.
    pub node_id: Id,
    /// What goes into it, by name.
    #[schema(value_type = Object)]
    pub input: Object,
}

impl From<Record<Self>> for StartingNode {
    fn from(Record(node): Record<Self>) -> Self {
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused() {
        let check = |member: &str, value: &str, refusal: Option<&str>| {
            let mut body = serde_json::json!({ "graph_version": 1, "inputs": {}, "starting_nodes_input": [] });
            body[member] = serde_json::from_str(value).unwrap();
            let read = serde_json::from_str::<NewExecution>(&body.to_string());
            let refused = read.err().map(|error| error.to_string());
            match (&refused, refusal) {
                (None, None) => {}
                (Some(refused), Some(refusal)) => assert!(refused.contains(refusal), "{member}: {refused}"),
                _ => panic!("{member} {value}: {refused:?}"),
            }
        };
        for (member, value, refusal) in [
            ("graph_version", "0", None),
            ("preset_id", "null", None),
            ("starting_nodes_input", r#"[{"node_id":"n","input":{"a":[1]}}]"#, None),
            ("graph_version", "-1", Some("invalid value")),
            ("graph_version", "2147483648", Some("must be from 0")),
            ("inputs", "[1]", Some("invalid type")),
            ("starting_nodes_input", r#"[["n",{}]]"#, Some("expected an object")),
            (
                "starting_nodes_input",
                r#"[{"node_id":"n"}]"#,
                Some("missing field `input`"),
            ),
            (
                "starting_nodes_input",
                r#"[{"node_id":"","input":{}}]"#,
                Some("1 to 128 characters"),
            ),
            ("preset_id", "7", Some("invalid type")),
            ("status", "\"RUNNING\"", Some("unknown field `status`")),
        ] {
            check(member, value, refusal);
        }
    }
}
