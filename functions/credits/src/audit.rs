//! `GET /api/admin/credits/audit`.

use http::Method;
use runledger_models::credit::CreditAudit;
use runledger_store::credits;
use runledger_web::{AdminOnly, Call, Endpoint, NoParams, Problem, Reply};

/// Proves that credits add up.
pub(crate) struct AuditCredits;

impl Endpoint for AuditCredits {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/admin/credits/audit";
    const SUMMARY: &'static str = "Prove that every balance is the sum of its transactions";
    type Access = AdminOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = CreditAudit;

    async fn handle(call: Call<Self>) -> Result<Reply<CreditAudit>, Problem> {
        Ok(Reply::new(call.ledger.read(credits::audit(&call.who.scope())).await?))
    }
}
