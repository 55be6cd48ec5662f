//! `GET /api/admin/accuracy-alerts`.

use http::Method;
use runledger_models::monitors::AccuracyAlert;
use runledger_store::monitors;
use runledger_web::{AdminOnly, Call, Endpoint, NoParams, Problem, Reply};
use serde::Serialize;
use utoipa::ToSchema;

/// Alerts, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct AlertList(Vec<AccuracyAlert>);

/// Lists what the scheduled scan found.
pub(crate) struct ListAlerts;

impl Endpoint for ListAlerts {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/admin/accuracy-alerts";
    const SUMMARY: &'static str = "List the newest thousand alerts of the scan for falling accuracy";
    type Access = AdminOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = AlertList;

    async fn handle(call: Call<Self>) -> Result<Reply<AlertList>, Problem> {
        let alerts = call.ledger.read(monitors::alerts(&call.who.scope())).await?;
        Ok(Reply::new(AlertList(alerts)))
    }
}
