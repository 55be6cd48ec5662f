//! `POST /rpc/get_latest_node_execution`.

use runledger_models::Id;
use runledger_store::nodes;
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, found_whole, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::get_node_execution::MaybeNode;

/// Which node, in which execution.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "node_id": "0197a3c2-7d4f-7b20-a1c6-3e9f8d7c6b5a",
    "graph_eid": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70"
}))]
pub(crate) struct GetLatestNodeExecutionArgs {
    /// The node of the graph.
    node_id: Id,
    /// The execution of the graph.
    graph_eid: Id,
}

/// Reads the newest execution of a node.
pub(crate) struct GetLatestNodeExecution;

impl Method for GetLatestNodeExecution {
    const PATH: &'static str = "/rpc/get_latest_node_execution";
    const SUMMARY: &'static str = "Read the newest execution of a node that is not INCOMPLETE; null if there is none";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetLatestNodeExecutionArgs;
    type Value = MaybeNode;

    async fn call(called: Called<Self>) -> Result<Reply<MaybeNode>, Problem> {
        let GetLatestNodeExecutionArgs { node_id, graph_eid } = called.args;
        let node = found_whole(
            called
                .ledger
                .read(nodes::latest(&called.caller.scope(), &graph_eid, &node_id))
                .await,
            called.ledger.budget(),
        )?;
        Ok(Reply::new(MaybeNode(node)))
    }
}
