//! `PATCH /api/node-executions/{id}`.

use http::Method;
use runledger_models::{ExecutionStatus, NodeExecutionResult, Object};
use runledger_store::nodes::{self, Change};
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::get_node::NodePath;

/// The status to move a node execution to, and what goes with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "QUEUED", "execution_data": {"question": "why"}}))]
pub(crate) struct PatchNodeBody {
    /// The status to move to.
    status: ExecutionStatus,
    /// The data that the node runs with, by input name. QUEUED needs it; empty data leave what is stored.
    #[schema(value_type = Option<Object>)]
    execution_data: Option<Object>,
    /// Statistics in place of those that are stored, of any names and shapes.
    #[schema(value_type = Option<Object>)]
    stats: Option<Object>,
}

/// Moves a node execution to another status.
pub(crate) struct PatchNodeExecution;

impl Endpoint for PatchNodeExecution {
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/api/node-executions/{id}";
    const SUMMARY: &'static str = "Change a node execution's status";
    const PROBLEMS: &'static [u16] = &[404, 409];
    type Access = ServiceOnly;
    type Path = NodePath;
    type Query = NoParams;
    type Body = JsonBody<PatchNodeBody>;
    type Reply = NodeExecutionResult;

    async fn handle(call: Call<Self>) -> Result<Reply<NodeExecutionResult>, Problem> {
        let JsonBody(body) = call.body;
        let change = Change::new(body.status, body.execution_data, body.stats)?;
        let done = call
            .ledger
            .write(nodes::change(&call.who.scope(), &call.path.id, change))
            .await?;
        Ok(Reply::done(done))
    }
}
