//! `GET /live`: tells a page which runs have changed, so that it looks again.

use http::{HeaderName, HeaderValue, Method};
use runledger_models::Id;
use runledger_store::events::Filter;
use runledger_web::{
    AnyRole, Call, Door, Endpoint, NoParams, Problem, Reply,
    page::Rendered,
    params,
    sse::{Detail, Tail},
};

use crate::DOOR;

params! {
    /// Whose changes are told.
    pub(crate) struct LiveQuery {
        /// Those of this run; of all runs without it.
        graph_exec_id: Option<Id>,
    }
}

/// Tells which runs change.
pub(crate) struct GetLive;

impl Endpoint for GetLive {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/live";
    const SUMMARY: &'static str = "Which runs have changed (server-sent events)";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = NoParams;
    type Query = LiveQuery;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let filter = Filter {
            graph_id: None,
            graph_exec_id: call.query.graph_exec_id,
        };
        let (detail, expires_at) = (Detail::Which, call.expires_at);
        let tail = Tail::open(&call.who, filter, detail, expires_at, call.ledger, call.config).await?;
        // Proxies that collect responses before they pass them on must not do so here.
        let (name, value) = (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        );
        Ok(Rendered::events(tail.stream(None)).with(name, value))
    }
}
