//! `GET /api/admin/late-executions`.

use http::Method;
use runledger_models::monitors::LateExecution;
use runledger_store::monitors;
use runledger_web::{AdminOnly, Call, Endpoint, NoParams, Problem, Reply};
use serde::Serialize;
use utoipa::ToSchema;

/// Executions, the latest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct LateList(Vec<LateExecution>);

/// Lists what waits or runs for too long.
pub(crate) struct ListLate;

impl Endpoint for ListLate {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/admin/late-executions";
    const SUMMARY: &'static str =
        "List executions that have been QUEUED for 5 minutes or RUNNING for 24 hours, however old they are";
    type Access = AdminOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = LateList;

    async fn handle(call: Call<Self>) -> Result<Reply<LateList>, Problem> {
        let late = call.ledger.read(monitors::late(&call.who.scope())).await?;
        Ok(Reply::new(LateList(late)))
    }
}
