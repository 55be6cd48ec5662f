//! `GET /api/credits`.

use http::Method;
use runledger_store::credits;
use runledger_web::{Call, Endpoint, NoParams, OneUser, Problem, Reply};
use serde::Serialize;
use utoipa::ToSchema;

/// What a user may spend, in cents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Credits {
    /// The balance without what is set aside.
    credits: i64,
}

/// What a movement left, in cents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Balance {
    /// The balance without what is set aside.
    pub(crate) balance: i64,
}

/// Shows what a user may spend.
pub(crate) struct GetCredits;

impl Endpoint for GetCredits {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/credits";
    const SUMMARY: &'static str = "Show what a user may spend";
    type Access = OneUser;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Credits;

    async fn handle(call: Call<Self>) -> Result<Reply<Credits>, Problem> {
        let credits = call.ledger.read(credits::balance(&call.who)).await?;
        Ok(Reply::new(Credits { credits }))
    }
}
