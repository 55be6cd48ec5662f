//! The execution queue: node executions that wait for an executor (seed `NodeExecutionEntry`, `ExecutionContext`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Object, Timestamp, Truncated};

/// What goes with an execution from node to node. Members that are not given have the platform's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExecutionContext {
    /// Who owns the execution.
    pub user_id: Option<String>,
    /// The graph.
    pub graph_id: Option<String>,
    /// The graph execution.
    pub graph_exec_id: Option<String>,
    /// The graph's version.
    pub graph_version: Option<i32>,
    /// The node of the graph.
    pub node_id: Option<String>,
    /// The node execution.
    pub node_exec_id: Option<String>,
    /// Whether a person has to confirm where a block asks for one.
    pub human_in_the_loop_safe_mode: bool,
    /// Whether a person has to confirm sensitive actions.
    pub sensitive_action_safe_mode: bool,
    /// The user's time zone.
    pub user_timezone: String,
    /// The execution at the top of the family that this one belongs to.
    pub root_execution_id: Option<String>,
    /// The execution that started this one.
    pub parent_execution_id: Option<String>,
    /// The workspace.
    pub workspace_id: Option<String>,
    /// The session of the user.
    pub session_id: Option<String>,
}

impl Default for ExecutionContext {
    fn default() -> Self {
        Self {
            user_id: None,
            graph_id: None,
            graph_exec_id: None,
            graph_version: None,
            node_id: None,
            node_exec_id: None,
            human_in_the_loop_safe_mode: true,
            sensitive_action_safe_mode: false,
            user_timezone: "UTC".to_owned(),
            root_execution_id: None,
            parent_execution_id: None,
            workspace_id: None,
            session_id: None,
        }
    }
}

/// An entry of an execution's queue.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NodeExecutionEntry {
    /// The entry, under the name that its last taking gave it: acknowledge it under this one.
    pub id: String,
    /// When it comes back unless it is acknowledged; null before it is first taken.
    pub leased_until: Option<Timestamp>,
    /// Who owns the execution.
    pub user_id: String,
    /// The graph execution.
    pub graph_exec_id: String,
    /// The graph.
    pub graph_id: String,
    /// The graph's version.
    pub graph_version: i32,
    /// The node execution that waits.
    pub node_exec_id: String,
    /// The node of the graph.
    pub node_id: String,
    /// The block that the node runs.
    pub block_id: String,
    /// What goes into the node, as it is now.
    #[schema(value_type = Object)]
    pub inputs: Object,
    /// What goes with the execution.
    pub execution_context: ExecutionContext,
    /// There only when inputs were left out, since an answer would be too large with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub truncated: Option<Truncated>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_that_is_not_given_has_the_platforms_defaults() {
        let context: ExecutionContext = serde_json::from_str("{}").unwrap();
        assert_eq!(context, ExecutionContext::default());
        let shown = serde_json::to_value(&context).unwrap();
        let set: Vec<_> = shown
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            set,
            [
                "human_in_the_loop_safe_mode=true",
                "sensitive_action_safe_mode=false",
                "user_timezone=\"UTC\""
            ]
        );
    }
}
