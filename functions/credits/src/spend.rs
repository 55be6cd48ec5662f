//! `POST /api/credits/spend`.

use http::{Method, StatusCode};
use runledger_models::{Id, Json, Object, credit::Cost};
use runledger_store::credits::{self, Movement};
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly, named_user};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::balance::Balance;

/// What is spent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "cost": 12,
    "metadata": {"graph_exec_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70"}
}))]
pub(crate) struct SpendBody {
    /// Who spends.
    user_id: Id,
    /// How much, in cents. Nothing changes nothing.
    cost: Cost,
    /// What for.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Object>,
}

/// Spends credits.
pub(crate) struct SpendCredits;

impl Endpoint for SpendCredits {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/credits/spend";
    const SUMMARY: &'static str = "Spend credits of a user, if there are so many";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::PAYMENT_REQUIRED];
    type Access = ServiceOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = JsonBody<SpendBody>;
    type Reply = Balance;

    async fn handle(call: Call<Self>) -> Result<Reply<Balance>, Problem> {
        let JsonBody(SpendBody {
            user_id,
            cost,
            metadata,
        }) = call.body;
        let user = named_user(&call.who, &user_id, "/user_id")?;
        let metadata = as_json(metadata)?;
        let movement = Movement::new(&user, cost, metadata.as_ref());
        let done = call.ledger.write(credits::spend(&movement)).await?;
        Ok(Reply::done(done.map(|balance| Balance { balance })))
    }
}

/// The object as carried JSON.
pub(crate) fn as_json(metadata: Option<Object>) -> Result<Option<Json>, Problem> {
    let Some(metadata) = metadata else { return Ok(None) };
    let text = serde_json::to_string(&metadata).and_then(|text| serde_json::from_str(&text));
    text.map(Some).map_err(|error| Problem::internal(error.to_string()))
}
