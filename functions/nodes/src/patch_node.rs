//! `PATCH /api/node-executions/{id}`.

use http::{Method, StatusCode};
use runledger_models::{NodeChange, NodeExecutionResult};
use runledger_store::{OnIllegalMove, nodes};
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly};

use crate::get_node::NodePath;

/// Moves a node execution to another status.
pub(crate) struct PatchNodeExecution;

impl Endpoint for PatchNodeExecution {
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/api/node-executions/{id}";
    const SUMMARY: &'static str = "Change a node execution's status";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::CONFLICT];
    type Access = ServiceOnly;
    type Path = NodePath;
    type Query = NoParams;
    type Body = JsonBody<NodeChange>;
    type Reply = NodeExecutionResult;

    async fn handle(call: Call<Self>) -> Result<Reply<NodeExecutionResult>, Problem> {
        let JsonBody(change) = call.body;
        let change = nodes::change(&call.who.scope(), &call.path.id, change, OnIllegalMove::Refuse);
        let done = call.ledger.write(change).await?;
        Ok(Reply::done(done))
    }
}
