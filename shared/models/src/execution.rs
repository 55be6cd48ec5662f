//! Graph executions: one run of one version of a graph (seed `GraphExecutionMeta` and what extends it).

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Json, NodeExecutionResult, Object, StoredStatus, Timestamp, Truncated, node::Outputs, stats::GraphExecutionStats,
};

/// What every form of a graph execution has.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExecutionBase {
    /// This execution.
    pub id: String,
    /// Who owns it.
    pub user_id: String,
    /// The graph that ran.
    pub graph_id: String,
    /// The graph's version.
    pub graph_version: i32,
    /// The credentials that the run was given, by name: what they are, never their secrets.
    #[schema(value_type = Option<Object>)]
    pub credential_inputs: Option<Json>,
    /// Inputs that replace those of nodes, by node.
    #[schema(value_type = Option<Object>)]
    pub nodes_input_masks: Option<Json>,
    /// The preset that started it.
    pub preset_id: Option<String>,
    /// Where it stands.
    pub status: StoredStatus,
    /// When it first ran.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether its result is shared in public.
    pub is_shared: bool,
    /// The share link's token.
    pub share_token: Option<String>,
    /// Its statistics; null when there are none or they cannot be read.
    pub stats: Option<GraphExecutionStats>,
    /// When it was created; null, like every time here, where RFC 3339 cannot say it.
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// The execution that started it.
    pub parent_graph_exec_id: Option<String>,
    /// There only when values were left out, since an answer would be too large with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub truncated: Option<Truncated>,
}

/// A graph execution as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GraphExecutionMeta {
    /// What every form has.
    #[serde(flatten)]
    pub base: ExecutionBase,
    /// The inputs stored with it, if any.
    #[schema(value_type = Option<Object>)]
    pub inputs: Option<Json>,
}

/// A graph execution with what went in and came out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GraphExecution {
    /// What every form has.
    #[serde(flatten)]
    pub base: ExecutionBase,
    /// Its inputs: stored, or else gathered from its input blocks, with a webhook's `payload`.
    #[schema(value_type = Object)]
    pub inputs: Object,
    /// Its outputs: the values that reached each output block, by name.
    #[schema(value_type = BTreeMap<String, Vec<Value>>)]
    pub outputs: Outputs,
}

/// A graph execution with its nodes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GraphExecutionWithNodes {
    /// The execution with its inputs and outputs.
    #[serde(flatten)]
    pub execution: GraphExecution,
    /// Its node executions, by queue time (those without one last), then by add time.
    pub node_executions: Vec<NodeExecutionResult>,
}
