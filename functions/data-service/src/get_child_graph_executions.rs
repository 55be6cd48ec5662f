//! `POST /rpc/get_child_graph_executions`.

use runledger_models::Id;
use runledger_store::executions::{self, Filter};
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, Rows, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::get_graph_executions::ExecutionMetas;

/// Whose children.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"parent_exec_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70"}))]
pub(crate) struct GetChildGraphExecutionsArgs {
    /// The execution that started them.
    parent_exec_id: Id,
}

/// Lists what an execution started.
pub(crate) struct GetChildGraphExecutions;

impl Method for GetChildGraphExecutions {
    const PATH: &'static str = "/rpc/get_child_graph_executions";
    const SUMMARY: &'static str = "List the executions that an execution started, newest first";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetChildGraphExecutionsArgs;
    type Value = ExecutionMetas;

    async fn call(called: Called<Self>) -> Result<Reply<ExecutionMetas>, Problem> {
        let rows = Rows::new(None, called.ledger.budget());
        let filter = Filter {
            parent_id: Some(called.args.parent_exec_id),
            ..Filter::default()
        };
        let (metas, next) = called
            .ledger
            .read(executions::keyset(&called.caller.scope(), &filter, None, rows.limit()))
            .await?;
        Ok(Reply::new(ExecutionMetas(rows.whole(metas, next.as_ref())?)))
    }
}
