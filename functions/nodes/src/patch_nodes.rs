//! `PATCH /api/node-executions`.

use http::Method;
use runledger_models::{ExecutionStatus, Id, Object, status::MovedTo};
use runledger_store::nodes;
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most node executions of one request.
const MAX_IDS: usize = 1000;

/// The status to move node executions to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ids": ["0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86"], "status": "RUNNING"}))]
pub(crate) struct PatchNodesBody {
    /// The node executions: 1 to 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    ids: Vec<Id>,
    /// The status to move to.
    #[schema(value_type = MovedTo)]
    status: ExecutionStatus,
    /// Statistics in place of those that are stored, of any names and shapes.
    #[schema(value_type = Option<Object>)]
    stats: Option<Object>,
}

impl PatchNodesBody {
    fn check(&self) -> Result<(), Problem> {
        if !(1..=MAX_IDS).contains(&self.ids.len()) {
            return Err(Problem::invalid_at("/ids", "must hold 1 to 1000 ids"));
        }
        self.status.check_target()?;
        Ok(())
    }
}

/// How many node executions moved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MovedNodes {
    updated: u64,
}

/// Moves those of some node executions that may move.
pub(crate) struct PatchNodeExecutions;

impl Endpoint for PatchNodeExecutions {
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/api/node-executions";
    const SUMMARY: &'static str = "Change the status of those node executions that may take it";
    type Access = ServiceOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = JsonBody<PatchNodesBody>;
    type Reply = MovedNodes;

    async fn handle(call: Call<Self>) -> Result<Reply<MovedNodes>, Problem> {
        let JsonBody(body) = call.body;
        body.check()?;
        let scope = call.who.scope();
        let done = call
            .ledger
            .write(nodes::change_many(&scope, &body.ids, body.status, body.stats))
            .await?;
        Ok(Reply::done(done.map(|updated| MovedNodes { updated })))
    }
}
