//! `POST /api/graphs/{graph_id}/executions`.

use http::{Method, StatusCode};
use runledger_models::NewExecution;
use runledger_store::executions;
use runledger_web::{Call, Endpoint, JsonBody, NoParams, OnBehalf, Problem, Reply};

use crate::{get::ExecutionWithNodes, list::GraphPath};

/// Creates an execution: INCOMPLETE, its starting nodes QUEUED.
pub(crate) struct CreateExecution;

impl Endpoint for CreateExecution {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/graphs/{graph_id}/executions";
    const STATUS: StatusCode = StatusCode::CREATED;
    const LOCATED: bool = true;
    const SUMMARY: &'static str = "Create an execution with its starting nodes";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::CONFLICT];
    type Access = OnBehalf;
    type Path = GraphPath;
    type Query = NoParams;
    type Body = JsonBody<NewExecution>;
    type Reply = ExecutionWithNodes;

    async fn handle(call: Call<Self>) -> Result<Reply<ExecutionWithNodes>, Problem> {
        let JsonBody(new) = call.body;
        let done = call
            .ledger
            .write(executions::create(&call.who, call.path.graph_id, new))
            .await?;
        let location = format!("/api/executions/{}", done.value.execution.base.id);
        // It comes with all the nodes that it has so far.
        Ok(Reply::done(done.map(|execution| ExecutionWithNodes::new(execution, None))).at(&location))
    }
}
