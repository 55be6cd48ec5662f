//! `POST /rpc/get_credits`.

use runledger_models::Id;
use runledger_store::credits;
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Whose credits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11"}))]
pub(crate) struct GetCreditsArgs {
    /// The user.
    user_id: Id,
}

/// Shows what a user may spend.
pub(crate) struct GetCredits;

impl Method for GetCredits {
    const PATH: &'static str = "/rpc/get_credits";
    const SUMMARY: &'static str = "Show what a user may spend, in cents";
    const PLATFORM_SOURCE: &'static str = seeds::DATABASE;
    const READS: bool = true;
    type Args = GetCreditsArgs;
    type Value = i64;

    async fn call(called: Called<Self>) -> Result<Reply<i64>, Problem> {
        let user = named_user(&called.caller, &called.args.user_id, "/user_id")?;
        Ok(Reply::new(called.ledger.read(credits::balance(&user)).await?))
    }
}
