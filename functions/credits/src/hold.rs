//! `POST /api/credits/holds`.

use http::{Method, StatusCode};
use runledger_models::{Cents, Id, Timestamp};
use runledger_store::credits::{self, Movement};
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly, named_user};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is set aside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "amount": 100,
    "expires_at": "2099-01-02T03:04:05.678Z"
}))]
pub(crate) struct HoldBody {
    /// Whose credits.
    user_id: Id,
    /// How many, in cents.
    amount: Cents,
    /// When they are free again by themselves; in a day without it.
    expires_at: Option<Timestamp>,
}

/// Credits that are set aside.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldCreated {
    /// The hold.
    hold_id: String,
}

/// Sets credits aside.
pub(crate) struct HoldCredits;

impl Endpoint for HoldCredits {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/credits/holds";
    const STATUS: StatusCode = StatusCode::CREATED;
    const LOCATED: bool = true;
    const SUMMARY: &'static str =
        "Set credits of a user aside, if there are so many; they count as spent until the hold ends";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::PAYMENT_REQUIRED];
    type Access = ServiceOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = JsonBody<HoldBody>;
    type Reply = HoldCreated;

    async fn handle(call: Call<Self>) -> Result<Reply<HoldCreated>, Problem> {
        let JsonBody(HoldBody {
            user_id,
            amount,
            expires_at,
        }) = call.body;
        if expires_at.is_some_and(|at| at <= Timestamp::now()) {
            return Err(Problem::invalid_at("/expires_at", "is over already"));
        }
        let user = named_user(&call.who, &user_id, "/user_id")?;
        let movement = Movement::new(&user, amount, None);
        let done = call.ledger.write(credits::hold(movement, expires_at)).await?;
        let at = format!("{}/{}", Self::PATH, done.value);
        Ok(Reply::done(done.map(|id| HoldCreated {
            hold_id: id.to_string(),
        }))
        .at(&at))
    }
}
