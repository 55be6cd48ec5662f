//! `PATCH /api/executions/{id}`.

use http::Method;
use runledger_models::{ExecutionStatus, GraphExecution, Object, stats::SentStats};
use runledger_store::executions::{self, Change};
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::get::ExecutionPath;

/// What to change: at least one of the two. Both are stored together, or neither.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "COMPLETED", "stats": {"cost": 12, "duration": 1.5, "node_count": 2}}))]
pub(crate) struct PatchExecutionBody {
    /// The status to move to.
    status: Option<ExecutionStatus>,
    /// Statistics to merge into those that are stored, under their stored names (`walltime`) or the names that the API
    /// shows (`duration`). Names that the ledger does not know are kept.
    #[schema(value_type = Option<SentStats>)]
    stats: Option<Object>,
}

/// Moves an execution to another status, changes its statistics, or both.
pub(crate) struct PatchExecution;

impl Endpoint for PatchExecution {
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/api/executions/{id}";
    const SUMMARY: &'static str = "Change an execution's status, statistics, or both";
    const PROBLEMS: &'static [u16] = &[404, 409];
    type Access = ServiceOnly;
    type Path = ExecutionPath;
    type Query = NoParams;
    type Body = JsonBody<PatchExecutionBody>;
    type Reply = GraphExecution;

    async fn handle(call: Call<Self>) -> Result<Reply<GraphExecution>, Problem> {
        let JsonBody(body) = call.body;
        let change = Change::new(body.status, body.stats)?;
        let done = call
            .ledger
            .write(executions::change(&call.who.scope(), &call.path.id, change))
            .await?;
        Ok(Reply::done(done))
    }
}
