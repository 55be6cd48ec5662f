//! `GET /api/executions/{id}/queue`.

use http::{Method, StatusCode};
use runledger_models::Id;
use runledger_store::queue;
use runledger_web::{Call, Endpoint, NoParams, Problem, Reply, ServiceOnly, params};
use serde::Serialize;
use utoipa::ToSchema;

params! {
    /// The execution.
    pub(crate) struct ExecutionPath {
        /// The execution.
        id: Id,
    }
}

/// How long a queue is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueState {
    /// Whether nothing waits to be taken.
    empty: bool,
    /// How many entries wait to be taken; those that somebody has do not count.
    length: u64,
}

/// Tells how long an execution's queue is.
pub(crate) struct GetQueue;

impl Endpoint for GetQueue {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/{id}/queue";
    const SUMMARY: &'static str = "Tell how long an execution's queue is";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = ServiceOnly;
    type Path = ExecutionPath;
    type Query = NoParams;
    type Body = ();
    type Reply = QueueState;

    async fn handle(call: Call<Self>) -> Result<Reply<QueueState>, Problem> {
        let length = call
            .ledger
            .read(queue::length(&call.who.scope(), &call.path.id))
            .await?;
        let empty = length == 0;
        Ok(Reply::new(QueueState { empty, length }))
    }
}
