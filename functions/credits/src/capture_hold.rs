//! `POST /api/credits/holds/{id}/capture`.

use http::{Method, StatusCode};
use runledger_models::{Cents, Id};
use runledger_store::credits;
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly, params};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::balance::Balance;

params! {
    /// The hold.
    pub(crate) struct HoldPath {
        /// The hold.
        id: Id,
    }
}

/// What is spent of a hold.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": 12}))]
pub(crate) struct CaptureBody {
    /// How much, in cents: at most what the hold has set aside. The rest is free again.
    amount: Cents,
}

/// Spends what a hold has set aside.
pub(crate) struct CaptureHold;

impl Endpoint for CaptureHold {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/credits/holds/{id}/capture";
    const SUMMARY: &'static str = "Spend what a hold has set aside, or a part of it, and end the hold";
    const PROBLEMS: &'static [StatusCode] = &[
        StatusCode::PAYMENT_REQUIRED,
        StatusCode::NOT_FOUND,
        StatusCode::CONFLICT,
    ];
    type Access = ServiceOnly;
    type Path = HoldPath;
    type Query = NoParams;
    type Body = JsonBody<CaptureBody>;
    type Reply = Balance;

    async fn handle(call: Call<Self>) -> Result<Reply<Balance>, Problem> {
        let JsonBody(CaptureBody { amount }) = call.body;
        let scope = call.who.scope();
        let done = call
            .ledger
            .write(credits::capture(&scope, &call.path.id, amount))
            .await?;
        Ok(Reply::done(done.map(|balance| Balance { balance })))
    }
}
