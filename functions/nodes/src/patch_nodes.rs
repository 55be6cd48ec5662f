//! `PATCH /api/node-executions`.

use http::Method;
use runledger_models::{Id, Move, Object, bounded::Several};
use runledger_store::nodes;
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The node executions of one request.
type Ids = Several<Id, 1, 1000>;

/// The status to move node executions to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ids": ["0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86"], "status": "RUNNING"}))]
pub(crate) struct PatchNodesBody {
    /// The node executions: 1 to 1,000.
    ids: Ids,
    /// The status to move to.
    status: Move,
    /// Statistics in place of those that are stored, of any names and shapes.
    #[schema(value_type = Option<Object>)]
    stats: Option<Object>,
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
        let scope = call.who.scope();
        let done = call
            .ledger
            .write(nodes::change_many(&scope, body.ids.as_slice(), body.status, body.stats))
            .await?;
        Ok(Reply::done(done.map(|updated| MovedNodes { updated })))
    }
}
