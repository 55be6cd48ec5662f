//! `PATCH /api/executions/{id}`.

use http::{Method, StatusCode};
use runledger_models::{Change, GraphExecution};
use runledger_store::{OnIllegalMove, executions};
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly};

use crate::get::ExecutionPath;

/// Moves an execution to another status, changes its statistics, or both.
pub(crate) struct PatchExecution;

impl Endpoint for PatchExecution {
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/api/executions/{id}";
    const SUMMARY: &'static str = "Change an execution's status, statistics, or both";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::CONFLICT];
    type Access = ServiceOnly;
    type Path = ExecutionPath;
    type Query = NoParams;
    type Body = JsonBody<Change>;
    type Reply = GraphExecution;

    async fn handle(call: Call<Self>) -> Result<Reply<GraphExecution>, Problem> {
        let JsonBody(change) = call.body;
        let change = executions::change(&call.who.scope(), &call.path.id, change, OnIllegalMove::Refuse);
        let done = call.ledger.write(change).await?;
        Ok(Reply::done(done))
    }
}
