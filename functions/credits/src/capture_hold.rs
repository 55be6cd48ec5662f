//! `POST /api/credits/holds/{id}/capture`.

use http::Method;
use runledger_models::Id;
use runledger_store::credits;
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly, params};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{balance::Balance, spend::check_amount};

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
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    amount: u32,
}

/// Spends what a hold has set aside.
pub(crate) struct CaptureHold;

impl Endpoint for CaptureHold {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/credits/holds/{id}/capture";
    const SUMMARY: &'static str = "Spend what a hold has set aside, or a part of it, and end the hold";
    const PROBLEMS: &'static [u16] = &[402, 404, 409];
    type Access = ServiceOnly;
    type Path = HoldPath;
    type Query = NoParams;
    type Body = JsonBody<CaptureBody>;
    type Reply = Balance;

    async fn handle(call: Call<Self>) -> Result<Reply<Balance>, Problem> {
        let JsonBody(CaptureBody { amount }) = call.body;
        check_amount("/amount", amount, 1)?;
        let scope = call.who.scope();
        let done = call
            .ledger
            .write(credits::capture(&scope, &call.path.id, amount))
            .await?;
        Ok(Reply::done(done.map(|balance| Balance { balance })))
    }
}
