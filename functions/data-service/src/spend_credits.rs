//! `POST /rpc/spend_credits`.

use runledger_models::{Id, Json, credit::Cost};
use runledger_store::credits::{self, Movement};
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// What is spent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "cost": 12,
    "metadata": {"graph_exec_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70"}
}))]
pub(crate) struct SpendCreditsArgs {
    /// Who spends.
    user_id: Id,
    /// How much, in cents. Nothing changes nothing.
    cost: Cost,
    /// What for.
    #[schema(value_type = Json, required = false)]
    metadata: Option<Json>,
}

/// Spends credits.
pub(crate) struct SpendCredits;

impl Method for SpendCredits {
    const PATH: &'static str = "/rpc/spend_credits";
    const SUMMARY: &'static str = "Spend credits of a user, if there are so many; answers what is left, in cents";
    const PLATFORM_SOURCE: &'static str = seeds::DATABASE;
    type Args = SpendCreditsArgs;
    type Value = i64;

    async fn call(called: Called<Self>) -> Result<Reply<i64>, Problem> {
        let SpendCreditsArgs {
            user_id,
            cost,
            metadata,
        } = called.args;
        let user = named_user(&called.caller, &user_id, "/user_id")?;
        let movement = Movement::new(&user, cost, metadata.as_ref());
        match called.ledger.write(credits::spend(&movement)).await {
            Err(error) => Err(Problem::from(error).of_user(user.as_str())),
            Ok(done) => Ok(Reply::done(done)),
        }
    }
}
