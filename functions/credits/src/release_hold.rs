//! `POST /api/credits/holds/{id}/release`.

use http::{Method, StatusCode};
use runledger_store::credits;
use runledger_web::{Call, Endpoint, NoContent, NoParams, Problem, Reply, ServiceOnly};

use crate::capture_hold::HoldPath;

/// Ends a hold without spending.
pub(crate) struct ReleaseHold;

impl Endpoint for ReleaseHold {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/credits/holds/{id}/release";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Give back what a hold has set aside";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::CONFLICT];
    type Access = ServiceOnly;
    type Path = HoldPath;
    type Query = NoParams;
    type Body = ();
    type Reply = NoContent;

    async fn handle(call: Call<Self>) -> Result<Reply<NoContent>, Problem> {
        let done = call
            .ledger
            .write(credits::release(&call.who.scope(), &call.path.id))
            .await?;
        Ok(Reply::done(done.map(|()| NoContent)))
    }
}
