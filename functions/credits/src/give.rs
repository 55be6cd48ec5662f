//! `POST /api/credits/grants` and `POST /api/credits/top-ups`.

use http::Method;
use runledger_models::{Cents, Id, Object, credit::TransactionType};
use runledger_store::credits::{self, Movement};
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, Trusted, named_user};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{balance::Balance, spend::as_json};

/// What is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "amount": 1000,
    "metadata": {"reason": "welcome"}
}))]
pub(crate) struct GiveBody {
    /// Who gets it.
    user_id: Id,
    /// How much, in cents.
    amount: Cents,
    /// What for.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Object>,
}

/// Gives a user credits.
pub(crate) struct GrantCredits;

impl Endpoint for GrantCredits {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/credits/grants";
    const SUMMARY: &'static str = "Give a user credits";
    type Access = Trusted;
    type Path = NoParams;
    type Query = NoParams;
    type Body = JsonBody<GiveBody>;
    type Reply = Balance;

    async fn handle(call: Call<Self>) -> Result<Reply<Balance>, Problem> {
        give(call, TransactionType::Grant).await
    }
}

/// Notes that a user paid for credits.
pub(crate) struct TopUpCredits;

impl Endpoint for TopUpCredits {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/credits/top-ups";
    const SUMMARY: &'static str = "Add the credits that a user has paid for";
    type Access = Trusted;
    type Path = NoParams;
    type Query = NoParams;
    type Body = JsonBody<GiveBody>;
    type Reply = Balance;

    async fn handle(call: Call<Self>) -> Result<Reply<Balance>, Problem> {
        give(call, TransactionType::TopUp).await
    }
}

async fn give<E>(call: Call<E>, kind: TransactionType) -> Result<Reply<Balance>, Problem>
where
    E: Endpoint<Access = Trusted, Body = JsonBody<GiveBody>>,
{
    let JsonBody(GiveBody {
        user_id,
        amount,
        metadata,
    }) = call.body;
    let user = named_user(&call.who, &user_id, "/user_id")?;
    let metadata = as_json(metadata)?;
    let movement = Movement::new(&user, amount, metadata.as_ref());
    let done = call.ledger.write(credits::give(movement, kind)).await?;
    Ok(Reply::done(done.map(|balance| Balance { balance })))
}
