//! `GET /api/executions/{id}/nodes/{node_id}/latest`.

use http::{Method, StatusCode};
use runledger_models::{Id, NodeExecutionResult};
use runledger_store::nodes;
use runledger_web::{AnyRole, Call, Endpoint, NoParams, Problem, Reply, params};

params! {
    /// A node of the graph that an execution runs.
    pub(crate) struct ExecutionNodePath {
        /// The execution.
        id: Id,
        /// The node.
        node_id: Id,
    }
}

/// Reads the newest execution of a node.
pub(crate) struct GetLatestNodeExecution;

impl Endpoint for GetLatestNodeExecution {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/{id}/nodes/{node_id}/latest";
    const CONDITIONAL: bool = true;
    const SUMMARY: &'static str = "Read the newest execution of a node that is not INCOMPLETE";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = ExecutionNodePath;
    type Query = NoParams;
    type Body = ();
    type Reply = NodeExecutionResult;

    async fn handle(call: Call<Self>) -> Result<Reply<NodeExecutionResult>, Problem> {
        let ExecutionNodePath { id, node_id } = &call.path;
        let node = call.ledger.read(nodes::latest(&call.who.scope(), id, node_id)).await?;
        Ok(Reply::new(node))
    }
}
