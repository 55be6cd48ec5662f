//! `GET /api/node-executions/{id}`.

use http::{Method, StatusCode};
use runledger_models::{Id, NodeExecutionResult};
use runledger_store::nodes;
use runledger_web::{AnyRole, Call, Endpoint, NoParams, Problem, Reply, params};

params! {
    /// The node execution.
    pub(crate) struct NodePath {
        /// The node execution.
        id: Id,
    }
}

/// Reads a node execution.
pub(crate) struct GetNodeExecution;

impl Endpoint for GetNodeExecution {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/node-executions/{id}";
    const CONDITIONAL: bool = true;
    const SUMMARY: &'static str = "Read a node execution with its data";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = NodePath;
    type Query = NoParams;
    type Body = ();
    type Reply = NodeExecutionResult;

    async fn handle(call: Call<Self>) -> Result<Reply<NodeExecutionResult>, Problem> {
        let node = call.ledger.read(nodes::get(&call.who.scope(), &call.path.id)).await?;
        Ok(Reply::new(node))
    }
}
