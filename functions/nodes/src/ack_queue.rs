//! `POST /api/executions/{id}/queue/{entry}/ack`.

use http::{Method, StatusCode};
use runledger_models::Id;
use runledger_store::queue;
use runledger_web::{Call, Endpoint, NoContent, NoParams, Problem, Reply, ServiceOnly, params};

params! {
    /// An entry of an execution's queue.
    pub(crate) struct EntryPath {
        /// The execution.
        id: Id,
        /// The entry, under the id that it was taken with.
        entry: Id,
    }
}

/// Acknowledges an entry that was taken.
pub(crate) struct AcknowledgeEntry;

impl Endpoint for AcknowledgeEntry {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/executions/{id}/queue/{entry}/ack";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Acknowledge an entry that was taken, which removes it";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = ServiceOnly;
    type Path = EntryPath;
    type Query = NoParams;
    type Body = ();
    type Reply = NoContent;

    async fn handle(call: Call<Self>) -> Result<Reply<NoContent>, Problem> {
        let EntryPath { id, entry } = &call.path;
        let done = call.ledger.write(queue::ack(&call.who.scope(), id, entry)).await?;
        Ok(Reply::done(done.map(|()| NoContent)))
    }
}
