//! `POST /rpc/update_node_execution_status`.

use runledger_models::{NodeChange, NodeExecutionResult};
use runledger_store::{Error, OnIllegalMove, nodes};
use runledger_web::{
    Problem, Reply, arguments,
    rpc::{Called, Method, seeds},
};

arguments! {
    /// The status to move a node execution to, and what goes with it.
    #[example = json!({
        "node_exec_id": "0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86",
        "status": "QUEUED",
        "execution_data": {"question": "why"}
    })]
    pub(crate) struct UpdateNodeExecutionStatusArgs {
        /// The node execution.
        node_exec_id: Id,
        ..change: NodeChange
    }
}

/// Moves a node execution to another status.
pub(crate) struct UpdateNodeExecutionStatus;

impl Method for UpdateNodeExecutionStatus {
    const PATH: &'static str = "/rpc/update_node_execution_status";
    const SUMMARY: &'static str = "Change a node execution's status; one that may not move is answered as it stands";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    type Args = UpdateNodeExecutionStatusArgs;
    type Value = NodeExecutionResult;

    async fn call(called: Called<Self>) -> Result<Reply<NodeExecutionResult>, Problem> {
        let UpdateNodeExecutionStatusArgs { node_exec_id, change } = called.args;
        // The seed changes nothing where the move is illegal, and answers what it finds.
        let change = nodes::change(
            &called.caller.scope(),
            &node_exec_id,
            change,
            OnIllegalMove::AnswerAsItIs,
        );
        match called.ledger.write(change).await {
            Err(Error::Missing) => Err(Problem::invalid_at("/node_exec_id", "there is no such node execution")),
            changed => Ok(Reply::done(changed?)),
        }
    }
}
