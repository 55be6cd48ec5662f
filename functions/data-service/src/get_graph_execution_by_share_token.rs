//! `POST /rpc/get_graph_execution_by_share_token`.

use runledger_models::{ShareToken, SharedExecution};
use runledger_store::shares;
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, found_whole, seeds},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"share_token": "Cavv9mnqRr6I0JvTHx2mLQyZ5sWc8dEf1gKb3nUo"}))]
pub(crate) struct GetGraphExecutionByShareTokenArgs {
    /// The secret part of the link.
    share_token: String,
}

/// A shared result, or none.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct MaybeShared(Option<SharedExecution>);

/// Shows a shared result.
pub(crate) struct GetGraphExecutionByShareToken;

impl Method for GetGraphExecutionByShareToken {
    const PATH: &'static str = "/rpc/get_graph_execution_by_share_token";
    const SUMMARY: &'static str = "Read the result that is shared under a token; null if there is none";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetGraphExecutionByShareTokenArgs;
    type Value = MaybeShared;

    async fn call(called: Called<Self>) -> Result<Reply<MaybeShared>, Problem> {
        let token = ShareToken::parse(&called.args.share_token);
        let shared = found_whole(
            called
                .ledger
                .read(shares::read(token.as_ref(), called.ledger.budget()))
                .await,
            called.ledger.budget(),
        )?;
        Ok(Reply::new(MaybeShared(shared)))
    }
}
