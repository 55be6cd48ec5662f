//! `POST /rpc/get_execution_outputs_by_node_exec_id`.

use runledger_models::{Id, Json, Object};
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
pub(crate) struct GetExecutionOutputsArgs {
    /// The node execution.
    node_exec_id: Id,
}

/// Values by the outputs' names; none for a node execution that there is not.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = BTreeMap<String, Json>)]
pub(crate) struct Outputs(Object);

/// Reads what a node execution gave.
pub(crate) struct GetExecutionOutputs;

impl Method for GetExecutionOutputs {
    const PATH: &'static str = "/rpc/get_execution_outputs_by_node_exec_id";
    const SUMMARY: &'static str = "Read the last value of each output of a node execution, by name";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetExecutionOutputsArgs;
    type Value = Outputs;

    async fn call(called: Called<Self>) -> Result<Reply<Outputs>, Problem> {
        let outputs = called
            .ledger
            .read(nodes::outputs(&called.caller.scope(), &called.args.node_exec_id))
            .await;
        let outputs = found_whole(outputs, called.ledger.budget())?;
        Ok(Reply::new(Outputs(
            outputs.map(|(outputs, _)| outputs).unwrap_or_default(),
        )))
    }
}
