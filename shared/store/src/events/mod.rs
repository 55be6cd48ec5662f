//! The outbox of changes: its events read in order, and numbered so that they can be.

use runledger_logging::Log;
use runledger_models::{Event, Id, Scope, event::RecordChange};
use serde::{Deserialize, Serialize};

use crate::{Read, executions::WithBoundary, nodes::NodeRow, stored::Row};

/// More data than this is not read for one event.
pub const MAX_DATA: u64 = 32 << 20;
/// How many events are numbered in one step; fewer mean that there were no more.
const NUMBERED_AT_ONCE: u32 = 10_000;

/// The events of one user, or of everybody.
const READ: &str = include_str!("read.sql");
/// Whether there is anything to read or to number.
const PEEK: &str = include_str!("peek.sql");
/// Numbers what is committed.
const NUMBER: &str = include_str!("number.sql");
/// Where the outbox ends.
const HEAD: &str = include_str!("head.sql");
/// Which outbox it is.
const OUTBOX: &str = include_str!("outbox.sql");

/// Which events.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Filter {
    /// Those of this graph's executions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_id: Option<Id>,
    /// Those of this execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_exec_id: Option<Id>,
}

/// How much at once: the batch ends with the event that reaches either.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BatchLimit {
    /// Events.
    pub limit: u32,
    /// Bytes, as the database writes them.
    pub max_bytes: u64,
    /// Bytes of data of one event: of one with more, only that it happened is told.
    pub max_data_bytes: u64,
}

#[derive(Serialize)]
struct ReadArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(flatten)]
    filter: &'a Filter,
    #[serde(flatten)]
    batch_limit: BatchLimit,
    after: i64,
}

/// Events in order, and how things stand behind them.
#[derive(Debug)]
pub struct Batch {
    /// The events.
    pub events: Vec<Event>,
    /// Where to read on: up to here nothing is left out.
    pub position: i64,
    /// Whether there is more to read at once.
    pub is_full: bool,
    /// Whether there are events that nobody has numbered yet: [`number`] them and read again.
    pub has_unnumbered: bool,
    /// Events up to here are no longer kept.
    pub pruned_through: i64,
    /// The last event that there is, of whomever.
    pub last: i64,
}

#[derive(Deserialize)]
struct BatchRow {
    events: Vec<EventRow>,
    position: i64,
    full: bool,
    unnumbered: bool,
    pruned_through: i64,
    last: i64,
}

#[derive(Deserialize)]
struct EventRow {
    seq: i64,
    user_id: String,
    graph_id: String,
    graph_exec_id: String,
    is_deleted: bool,
    too_large: Option<u64>,
    graph: Option<Row<WithBoundary>>,
    node: Option<Row<NodeRow>>,
}

/// The events after the one numbered `after`, in order.
pub fn read(scope: &Scope, filter: &Filter, after: i64, batch_limit: BatchLimit) -> Read<Batch> {
    let args = ReadArgs {
        user_id: scope.user_id(),
        filter,
        batch_limit,
        after,
    };
    Read::new(READ, &args).map(|batch: BatchRow, log| Batch {
        events: batch.events.into_iter().map(|row| row.into_event(log)).collect(),
        position: batch.position,
        is_full: batch.full,
        has_unnumbered: batch.unnumbered,
        pruned_through: batch.pruned_through,
        last: batch.last,
    })
}

/// What a reader finds without reading.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Peek {
    /// Whether there are events of the scope after the one that was named.
    #[serde(rename = "news")]
    pub has_news: bool,
    /// Whether there are events that nobody has numbered yet: [`number`] them and look again.
    #[serde(rename = "unnumbered")]
    pub has_unnumbered: bool,
}

/// Whether there is anything after the event numbered `after`. Much cheaper than [`read`] when there is nothing.
pub fn peek(scope: &Scope, after: i64) -> Read<Peek> {
    let args = serde_json::json!({ "user_id": scope.user_id(), "after": after });
    Read::new(PEEK, &args)
}

/// Numbers the events that are committed and have no number; `published`, if given, is remembered as the last event
/// that was published on Redis. Gives whether there may be more.
///
/// Not a part of [`read`]: a reader that does not take its answer must not hold the lock that numbering needs.
pub fn number(published: Option<i64>) -> Read<bool> {
    let args = serde_json::json!({ "published": published });
    Read::new(NUMBER, &args).map(|numbered: u32, _| numbered >= NUMBERED_AT_ONCE)
}

/// The number of the last event that has one.
pub fn head() -> Read<i64> {
    Read::new(HEAD, &serde_json::json!({}))
}

/// An outbox.
#[derive(Debug, Clone, Deserialize)]
pub struct Outbox {
    /// Its name, which no other has.
    pub id: String,
    /// The event after which publishing is to go on, as far as the database knows.
    pub published: i64,
}

/// The database's outbox.
pub fn outbox() -> Read<Outbox> {
    Read::new(OUTBOX, &serde_json::json!({}))
}

impl EventRow {
    /// The event; of what cannot be read, that something changed.
    fn into_event(self, log: &Log) -> Event {
        let record = format!("event {} of execution {}", self.seq, self.graph_exec_id);
        let change = match (self.too_large, self.graph, self.node) {
            (Some(bytes), ..) => Ok(RecordChange::TooLarge { bytes }),
            (None, Some(graph), _) => graph
                .or_bytes(log, &record)
                .map(|graph| RecordChange::Graph(Box::new(graph.into_execution(log)))),
            (None, None, Some(node)) => node
                .or_bytes(log, &record)
                .map(|node| RecordChange::Node(Box::new(node.into_result(log)))),
            (None, None, None) => Err(0),
        };
        Event {
            seq: self.seq,
            user_id: self.user_id,
            graph_id: self.graph_id,
            graph_exec_id: self.graph_exec_id,
            is_deleted: self.is_deleted,
            change: change.unwrap_or_else(|bytes| RecordChange::Unreadable { bytes }),
        }
    }
}
