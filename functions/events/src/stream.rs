//! `GET /api/events`.

use http::{HeaderName, HeaderValue, Method};
use runledger_store::events::Filter;
use runledger_web::{
    AnyRole, Call, Content, Endpoint, NoParams, Payload, Problem, Reply, Stream, params,
    sse::{self, Detail, Tail},
};

use crate::params::{EventNumber, LastEventId, OneOrAll};

params! {
    /// Which events.
    pub(crate) struct EventsQuery {
        /// Those of this graph's executions; `*` for all.
        graph_id: OneOrAll,
        /// Those of this execution; `*` for all.
        graph_exec_id: OneOrAll,
        /// Those after the event of this number; without it, those from now on. `Last-Event-ID` goes before it.
        after: Option<EventNumber>,
    }
}

/// A stream of events.
pub(crate) struct Events(Stream);

impl Payload for Events {
    const CONTENT_TYPE: Option<&'static str> = Some(sse::CONTENT_TYPE);

    fn into_content(self) -> Result<Content, Problem> {
        Ok(Content::Streamed(self.0))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema(
        document: &mut runledger_web::openapi::Document,
    ) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
        use runledger_models::event::{Envelope, EventType};
        let kinds = [
            EventType::GraphExecutionUpdate,
            EventType::NodeExecutionUpdate,
            EventType::ErrorCommsUpdate,
            EventType::Gap,
        ];
        Some(document.event::<Envelope>(&kinds.map(EventType::as_str)))
    }
}

/// Tells what happens to executions, as it happens.
pub(crate) struct StreamEvents;

impl Endpoint for StreamEvents {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/events";
    const SUMMARY: &'static str = "Follow the changes of executions (server-sent events)";
    type Access = AnyRole;
    type Path = NoParams;
    type Query = EventsQuery;
    type Body = (LastEventId, ());
    type Reply = Events;

    async fn handle(call: Call<Self>) -> Result<Reply<Events>, Problem> {
        let (LastEventId(last), ()) = call.body;
        let asked = last.or(call.query.after);
        let EventsQuery {
            graph_id: OneOrAll(graph_id),
            graph_exec_id: OneOrAll(graph_exec_id),
            ..
        } = call.query;
        let filter = Filter {
            graph_id,
            graph_exec_id,
        };
        let tail = Tail::open(
            &call.who,
            filter,
            Detail::Record,
            call.expires_at,
            call.ledger,
            call.config,
        )
        .await?;
        let events = Events(tail.stream(asked.map(|EventNumber(number)| number)));
        // Proxies that collect responses before they pass them on must not do so here.
        let (name, value) = ("x-accel-buffering", "no");
        Ok(Reply::new(events).with(HeaderName::from_static(name), HeaderValue::from_static(value)))
    }
}
