//! `POST /api/executions/{id}/start`.

use http::{Method, StatusCode};
use runledger_models::{Change, GraphExecution, Move};
use runledger_store::{OnIllegalMove, executions};
use runledger_web::{Call, Endpoint, NoParams, Problem, Reply, ServiceOnly};

use crate::get::ExecutionPath;

/// Marks an execution as running.
pub(crate) struct StartExecution;

impl Endpoint for StartExecution {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/executions/{id}/start";
    const SUMMARY: &'static str = "Start an execution: RUNNING, with its start time";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::CONFLICT];
    type Access = ServiceOnly;
    type Path = ExecutionPath;
    type Query = NoParams;
    type Body = ();
    type Reply = GraphExecution;

    async fn handle(call: Call<Self>) -> Result<Reply<GraphExecution>, Problem> {
        let (scope, change) = (call.who.scope(), Change::to(Move::RUNNING));
        let start = executions::change(&scope, &call.path.id, change, OnIllegalMove::Refuse);
        let done = call.ledger.write(start).await?;
        Ok(Reply::done(done))
    }
}
