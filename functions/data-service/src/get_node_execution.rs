//! `POST /rpc/get_node_execution`.

use runledger_models::{Id, NodeExecutionResult};
use runledger_store::nodes;
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, found_whole, seeds},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which node execution.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"node_exec_id": "0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86"}))]
pub(crate) struct GetNodeExecutionArgs {
    /// The node execution.
    node_exec_id: Id,
}

/// A node execution, or none.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct MaybeNode(pub(crate) Option<NodeExecutionResult>);

/// Reads a node execution.
pub(crate) struct GetNodeExecution;

impl Method for GetNodeExecution {
    const PATH: &'static str = "/rpc/get_node_execution";
    const SUMMARY: &'static str = "Read a node execution; null if there is none";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetNodeExecutionArgs;
    type Value = MaybeNode;

    async fn call(called: Called<Self>) -> Result<Reply<MaybeNode>, Problem> {
        let node = found_whole(
            called
                .ledger
                .read(nodes::get(&called.caller.scope(), &called.args.node_exec_id))
                .await,
            called.ledger.budget(),
        )?;
        Ok(Reply::new(MaybeNode(node)))
    }
}
