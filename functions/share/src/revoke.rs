//! `DELETE /api/graphs/{graph_id}/executions/{id}/share`.

use http::{Method, StatusCode};
use runledger_store::shares;
use runledger_web::{AnyRole, Call, Endpoint, NoContent, NoParams, Problem, Reply};

use crate::create::SharePath;

/// Ends the link of an execution; one that has none is left as it is.
pub(crate) struct RevokeShare;

impl Endpoint for RevokeShare {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/api/graphs/{graph_id}/executions/{id}/share";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Stop sharing an execution";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = SharePath;
    type Query = NoParams;
    type Body = ();
    type Reply = NoContent;

    async fn handle(call: Call<Self>) -> Result<Reply<NoContent>, Problem> {
        let SharePath { graph_id, id } = &call.path;
        let done = call
            .ledger
            .write(shares::revoke(&call.who.scope(), graph_id, id))
            .await?;
        Ok(Reply::done(done.map(|()| NoContent)))
    }
}
