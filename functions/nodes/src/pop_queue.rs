//! `POST /api/executions/{id}/queue/pop`.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use runledger_models::{Bounded, queue::NodeExecutionEntry};
use runledger_store::queue;
use runledger_web::{Call, Content, Endpoint, Payload, Problem, Reply, ServiceOnly, params};
use spin_sdk::time::sleep;

use crate::get_queue::ExecutionPath;

/// How long an entry is leased when the caller does not say.
const DEFAULT_LEASE_SECONDS: u32 = 300;
/// The pause after the first look at an empty queue. Each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
/// The longest pause: what an entry may wait for a consumer that is there.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

params! {
    /// How to take.
    pub(crate) struct PopQuery {
        /// How many seconds to wait for an entry when there is none; 0 without it.
        wait: Option<Bounded<0, 20>>,
        /// How many seconds the entry is the caller's, before it comes back; 300 without it.
        lease_seconds: Option<Bounded<1, 86_400>>,
    }
}

/// An entry; 204 without a body where there is none.
pub(crate) struct Popped(Option<NodeExecutionEntry>);

impl Payload for Popped {
    const CONTENT_TYPE: Option<&'static str> = <NodeExecutionEntry as Payload>::CONTENT_TYPE;

    fn content_type(&self) -> Option<&'static str> {
        self.0.as_ref().and_then(Payload::content_type)
    }

    fn status(&self) -> Option<StatusCode> {
        self.0.is_none().then_some(StatusCode::NO_CONTENT)
    }

    fn into_content(self) -> Result<Content, Problem> {
        self.0
            .map_or_else(|| Ok(Content::Whole(Vec::new())), Payload::into_content)
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema(
        document: &mut runledger_web::openapi::Document,
    ) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
        <NodeExecutionEntry as Payload>::schema(document)
    }

    #[cfg(not(target_family = "wasm"))]
    fn others(_: &mut runledger_web::openapi::Document) -> Vec<runledger_web::openapi::Other> {
        vec![(StatusCode::NO_CONTENT, None)]
    }
}

/// Takes the oldest entry of an execution's queue that nobody has.
pub(crate) struct PopQueue;

impl Endpoint for PopQueue {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/executions/{id}/queue/pop";
    const SUMMARY: &'static str = "Take the oldest entry of an execution's queue, or wait for one";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = ServiceOnly;
    type Path = ExecutionPath;
    type Query = PopQuery;
    type Body = ();
    type Reply = Popped;

    async fn handle(call: Call<Self>) -> Result<Reply<Popped>, Problem> {
        let PopQuery { wait, lease_seconds } = call.query;
        let wait = wait.map_or(0, Bounded::get);
        let lease_seconds = lease_seconds.map_or(DEFAULT_LEASE_SECONDS, Bounded::get);
        let end = Instant::now() + Duration::from_secs(wait.into());
        let scope = call.who.scope();
        let mut pause = FIRST_PAUSE;
        loop {
            // Nothing is held between two looks: no connection, no lock, and no place in the queue.
            let taken = call
                .ledger
                .write(queue::pop(&scope, &call.path.id, lease_seconds))
                .await?;
            if taken.value.is_some() {
                return Ok(Reply::done(taken.map(Popped)));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Reply::new(Popped(None)));
            }
            sleep(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
