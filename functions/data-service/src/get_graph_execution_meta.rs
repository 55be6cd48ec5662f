//! `POST /rpc/get_graph_execution_meta`.

use runledger_models::{GraphExecutionMeta, Id, Scope};
use runledger_store::executions::{self, Filter};
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, Rows, seeds},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which execution.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "execution_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70"
}))]
pub(crate) struct GetGraphExecutionMetaArgs {
    /// Whose it is.
    user_id: Id,
    /// The execution.
    execution_id: Id,
}

/// An execution without its inputs and outputs, or none.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct MaybeMeta(Option<GraphExecutionMeta>);

/// Reads an execution without its inputs and outputs.
pub(crate) struct GetGraphExecutionMeta;

impl Method for GetGraphExecutionMeta {
    const PATH: &'static str = "/rpc/get_graph_execution_meta";
    const SUMMARY: &'static str = "Read an execution without its inputs and outputs; null if there is none";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetGraphExecutionMetaArgs;
    type Value = MaybeMeta;

    async fn call(called: Called<Self>) -> Result<Reply<MaybeMeta>, Problem> {
        let GetGraphExecutionMetaArgs { user_id, execution_id } = called.args;
        let scope = Scope::User(named_user(&called.caller, &user_id, "/user_id")?);
        let filter = Filter {
            id: Some(execution_id),
            ..Filter::default()
        };
        let (metas, _) = called.ledger.read(executions::keyset(&scope, &filter, None, 1)).await?;
        let metas = Rows::new(None, called.ledger.budget()).whole(metas, None)?;
        Ok(Reply::new(MaybeMeta(metas.into_iter().next())))
    }
}
