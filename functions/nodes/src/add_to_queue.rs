//! `POST /api/executions/{id}/queue`.

use http::{Method, StatusCode};
use runledger_models::{
    Id,
    json::Record,
    queue::{ExecutionContext, NodeExecutionEntry},
};
use runledger_store::queue;
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::get_queue::ExecutionPath;

/// A node execution to queue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "node_exec_id": "0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86",
    "execution_context": {"user_timezone": "Europe/Zurich"}
}))]
pub(crate) struct QueueBody {
    /// The node execution; one of this execution.
    node_exec_id: Id,
    /// What goes with it. What is missing or null has its default.
    #[serde(default, deserialize_with = "context")]
    execution_context: Option<NewExecutionContext>,
}

/// What goes with an execution from node to node. What is missing or null has its default.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewExecutionContext {
    /// Who owns the execution.
    user_id: Option<Id>,
    /// The graph.
    graph_id: Option<Id>,
    /// The graph execution.
    graph_exec_id: Option<Id>,
    /// The graph's version.
    graph_version: Option<i32>,
    /// The node of the graph.
    node_id: Option<Id>,
    /// The node execution.
    node_exec_id: Option<Id>,
    /// Whether a person has to confirm where a block asks for one; true by default.
    human_in_the_loop_safe_mode: Option<bool>,
    /// Whether a person has to confirm sensitive actions; false by default.
    sensitive_action_safe_mode: Option<bool>,
    /// The user's time zone; UTC by default.
    user_timezone: Option<String>,
    /// The execution at the top of the family that this one belongs to.
    root_execution_id: Option<Id>,
    /// The execution that started this one.
    parent_execution_id: Option<Id>,
    /// The workspace.
    workspace_id: Option<Id>,
    /// The session of the user.
    session_id: Option<Id>,
}

/// An object, and not an array of its members.
fn context<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NewExecutionContext>, D::Error> {
    let context = Option::<Record<NewExecutionContext>>::deserialize(deserializer)?;
    Ok(context.map(|Record(context)| context))
}

impl From<NewExecutionContext> for ExecutionContext {
    fn from(new: NewExecutionContext) -> Self {
        let text = |id: Option<Id>| id.map(|id| id.to_string());
        let default = Self::default();
        Self {
            user_id: text(new.user_id),
            graph_id: text(new.graph_id),
            graph_exec_id: text(new.graph_exec_id),
            graph_version: new.graph_version,
            node_id: text(new.node_id),
            node_exec_id: text(new.node_exec_id),
            human_in_the_loop_safe_mode: new
                .human_in_the_loop_safe_mode
                .unwrap_or(default.human_in_the_loop_safe_mode),
            sensitive_action_safe_mode: new
                .sensitive_action_safe_mode
                .unwrap_or(default.sensitive_action_safe_mode),
            user_timezone: new.user_timezone.unwrap_or(default.user_timezone),
            root_execution_id: text(new.root_execution_id),
            parent_execution_id: text(new.parent_execution_id),
            workspace_id: text(new.workspace_id),
            session_id: text(new.session_id),
        }
    }
}

/// Puts a node execution at the end of its execution's queue.
pub(crate) struct AddToQueue;

impl Endpoint for AddToQueue {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/executions/{id}/queue";
    const STATUS: StatusCode = StatusCode::CREATED;
    const LOCATED: bool = true;
    const SUMMARY: &'static str = "Put a node execution at the end of its execution's queue";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::CONFLICT];
    type Access = ServiceOnly;
    type Path = ExecutionPath;
    type Query = NoParams;
    type Body = JsonBody<QueueBody>;
    type Reply = NodeExecutionEntry;

    async fn handle(call: Call<Self>) -> Result<Reply<NodeExecutionEntry>, Problem> {
        let JsonBody(body) = call.body;
        let context = body.execution_context.unwrap_or_default().into();
        let (scope, id) = (call.who.scope(), &call.path.id);
        let done = call
            .ledger
            .write(queue::add(&scope, id, &body.node_exec_id, &context))
            .await?;
        let location = format!("/api/executions/{}/queue", done.value.graph_exec_id);
        Ok(Reply::done(done).at(&location))
    }
}
