//! `POST /rpc/upsert_execution_output`.

use runledger_models::{Id, Json};
use runledger_store::nodes;
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, Null, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// An output of a node execution.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "node_exec_id": "0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86",
    "output_name": "answer",
    "output_data": 42
}))]
pub(crate) struct UpsertExecutionOutputArgs {
    /// The node execution.
    node_exec_id: Id,
    /// The output's name.
    output_name: String,
    /// Its value; null for an output without one.
    #[schema(value_type = Json, required = false)]
    output_data: Option<Json>,
}

/// Notes an output of a node execution.
pub(crate) struct UpsertExecutionOutput;

impl Method for UpsertExecutionOutput {
    const PATH: &'static str = "/rpc/upsert_execution_output";
    const SUMMARY: &'static str = "Note an output of a node execution";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    type Args = UpsertExecutionOutputArgs;
    type Value = Null;

    async fn call(called: Called<Self>) -> Result<Reply<Null>, Problem> {
        let args = called.args;
        let scope = called.caller.scope();
        let (name, data) = (args.output_name, args.output_data);
        let done = called
            .ledger
            .write(nodes::give_output(&scope, &args.node_exec_id, name, data))
            .await?;
        Ok(Reply::done(done.map(|()| Null)))
    }
}
