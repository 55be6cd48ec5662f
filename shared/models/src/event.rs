//! Events: how an execution stood when it changed, as streams and channels deliver it (seed `GraphExecutionEvent` and
//! `NodeExecutionEvent`).

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{GraphExecution, Json, NodeExecutionResult, Object, node::Outputs, truncate::truncate};

/// What changed.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordChange {
    /// A graph execution.
    Graph(Box<GraphExecution>),
    /// A node execution.
    Node(Box<NodeExecutionResult>),
    /// One of them, whose inputs and outputs have so many bytes that they were not even read.
    TooLarge {
        /// The bytes.
        bytes: u64,
    },
    /// One of them, as something that cannot be read.
    Unreadable {
        /// The bytes.
        bytes: u64,
    },
}

/// A change, with its place among all changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number: later events have higher ones.
    pub seq: i64,
    /// Who owns the execution.
    pub user_id: String,
    /// The graph of the execution.
    pub graph_id: String,
    /// The graph execution, or that of the node execution.
    pub graph_exec_id: String,
    /// Whether the record, or the execution that it belongs to, was deleted then.
    pub is_deleted: bool,
    /// What changed.
    pub change: RecordChange,
}

/// The kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// A graph execution changed.
    GraphExecutionUpdate,
    /// A node execution, its inputs or its outputs changed.
    NodeExecutionUpdate,
    /// Something changed that cannot be delivered: it is too large, or cannot be read.
    ErrorCommsUpdate,
    /// Events that were asked for are no longer there.
    Gap,
}

impl EventType {
    /// The name that it is delivered under.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GraphExecutionUpdate => "graph_execution_update",
            Self::NodeExecutionUpdate => "node_execution_update",
            Self::ErrorCommsUpdate => "error_comms_update",
            Self::Gap => "gap",
        }
    }
}

/// What the data of an event holds: its payload, and nothing else.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope {
    payload: Payload,
}

/// The payload of an event; `event_type` says which.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum Payload {
    /// A graph execution as it stood after the change.
    Graph(GraphExecutionEvent),
    /// A node execution as it stood after the change.
    Node(NodeExecutionEvent),
    /// A change that cannot be delivered.
    Error(ErrorCommsEvent),
    /// Events that were asked for and are no longer there.
    Gap(GapEvent),
}

/// A graph execution changed.
#[derive(Debug, Serialize, ToSchema)]
struct GraphExecutionEvent {
    /// `graph_execution_update`.
    event_type: EventType,
    #[serde(flatten)]
    execution: Box<GraphExecution>,
    /// Whether it was deleted.
    is_deleted: bool,
}

/// A node execution changed.
#[derive(Debug, Serialize, ToSchema)]
struct NodeExecutionEvent {
    /// `node_execution_update`.
    event_type: EventType,
    #[serde(flatten)]
    node_execution: Box<NodeExecutionResult>,
    /// Whether it was deleted, or the execution that it belongs to.
    is_deleted: bool,
}

/// Something changed, and its event cannot be read, or is larger than `max_message_size_limit` even with its inputs and
/// outputs cut.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorCommsEvent {
    /// `error_comms_update`.
    event_type: EventType,
    /// What went wrong.
    error: &'static str,
    /// The event's size.
    original_size_bytes: u64,
    /// The size that it may have.
    max_size_bytes: u64,
    /// The graph execution that changed, or that of the node execution.
    graph_exec_id: String,
}

/// Events that were asked for are no longer there; what follows begins after them.
#[derive(Debug, Serialize, ToSchema)]
struct GapEvent {
    /// `gap`.
    event_type: EventType,
    /// The event after which was asked.
    after: i64,
    /// The event after which the stream goes on.
    resumes_after: i64,
}

/// An event as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its kind.
    pub event_type: EventType,
    /// `{"payload": …}`, in one line.
    pub data: String,
}

impl Event {
    /// The event in at most `limit` bytes: inputs and outputs cut to half of that each, and if it is still too large, the
    /// message that says so. One that cannot be written down becomes a message of its own, too: it must not keep those
    /// behind it from being delivered.
    pub fn into_message(self, limit: usize) -> Message {
        let graph_exec_id = self.graph_exec_id.clone();
        self.write(limit)
            .unwrap_or_else(|_| error_comms(UNREADABLE, graph_exec_id, 0, limit))
    }

    fn write(mut self, limit: usize) -> serde_json::Result<Message> {
        match &mut self.change {
            RecordChange::Graph(execution) => {
                if let Some(cut) = cut(&execution.inputs, limit / 2)? {
                    execution.inputs = cut;
                }
                if let Some(cut) = cut_outputs(&execution.outputs, limit / 2)? {
                    execution.outputs = cut;
                }
            }
            RecordChange::Node(node) => {
                if let Some(cut) = cut(&node.input_data, limit / 2)? {
                    node.input_data = cut;
                }
                if let Some(cut) = cut_outputs(&node.output_data, limit / 2)? {
                    node.output_data = cut;
                }
            }
            RecordChange::TooLarge { .. } | RecordChange::Unreadable { .. } => {}
        }
        let is_deleted = self.is_deleted;
        let (event_type, payload) = match self.change {
            RecordChange::Graph(execution) => {
                let event_type = EventType::GraphExecutionUpdate;
                let event = GraphExecutionEvent {
                    event_type,
                    execution,
                    is_deleted,
                };
                (event_type, Payload::Graph(event))
            }
            RecordChange::Node(node_execution) => {
                let event_type = EventType::NodeExecutionUpdate;
                let event = NodeExecutionEvent {
                    event_type,
                    node_execution,
                    is_deleted,
                };
                (event_type, Payload::Node(event))
            }
            RecordChange::TooLarge { bytes } => return Ok(error_comms(TOO_LARGE, self.graph_exec_id, bytes, limit)),
            RecordChange::Unreadable { bytes } => return Ok(error_comms(UNREADABLE, self.graph_exec_id, bytes, limit)),
        };
        let data = serde_json::to_string(&Envelope { payload })?;
        if data.len() > limit {
            return Ok(error_comms(TOO_LARGE, self.graph_exec_id, data.len() as u64, limit));
        }
        Ok(Message { event_type, data })
    }
}

/// What a reader is told who asked for events that are no longer there.
pub fn gap(after: i64, resumes_after: i64) -> serde_json::Result<Message> {
    let event_type = EventType::Gap;
    let payload = Payload::Gap(GapEvent {
        event_type,
        after,
        resumes_after,
    });
    let data = serde_json::to_string(&Envelope { payload })?;
    Ok(Message { event_type, data })
}

const TOO_LARGE: &str = "the event is too large to be delivered";
const UNREADABLE: &str = "the event cannot be read";

/// What a reader is told in place of an event that cannot be delivered.
fn error_comms(error: &'static str, graph_exec_id: String, bytes: u64, limit: usize) -> Message {
    let event_type = EventType::ErrorCommsUpdate;
    let payload = Payload::Error(ErrorCommsEvent {
        event_type,
        error,
        original_size_bytes: bytes,
        max_size_bytes: limit as u64,
        graph_exec_id,
    });
    let data = serde_json::json!(Envelope { payload }).to_string();
    Message { event_type, data }
}

/// The data in at most `limit` bytes; `None` where it is to stay as it is, because it fits or cannot be made to.
fn cut(data: &Object, limit: usize) -> serde_json::Result<Option<Object>> {
    // What the values alone have is less than the whole; most data is settled here, without being written out.
    let values: usize = data.iter().map(|(name, value)| name.len() + value.get().len()).sum();
    if values * 2 + data.len() * 4 < limit {
        return Ok(None);
    }
    let whole = serde_json::to_string(data)?;
    if whole.len() <= limit {
        return Ok(None);
    }
    truncate(&whole, limit)
        .map(|cut| serde_json::from_str(&cut))
        .transpose()
}

fn cut_outputs(data: &Outputs, limit: usize) -> serde_json::Result<Option<Outputs>> {
    let whole = serde_json::to_string(data)?;
    if whole.len() <= limit {
        return Ok(None);
    }
    let Some(cut) = truncate(&whole, limit) else {
        return Ok(None);
    };
    // Where names were left out, the note is a name without values.
    let cut: BTreeMap<String, Option<Vec<Json>>> = serde_json::from_str(&cut)?;
    let outputs = cut.into_iter().map(|(name, values)| (name, values.unwrap_or_default()));
    Ok(Some(outputs.collect()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::{ExecutionStatus, Timestamp};

    fn node(inputs: &Value, outputs: &Value) -> Event {
        let node = NodeExecutionResult {
            user_id: "ann".into(),
            graph_id: "g".into(),
            graph_version: 1,
            graph_exec_id: "e".into(),
            node_exec_id: "x".into(),
            node_id: "n".into(),
            block_id: "b".into(),
            status: ExecutionStatus::Queued.into(),
            input_data: serde_json::from_value(inputs.clone()).unwrap(),
            output_data: serde_json::from_value(outputs.clone()).unwrap(),
            add_time: Timestamp::from_millis(0),
            queue_time: None,
            start_time: None,
            end_time: None,
            truncated: None,
        };
        Event {
            seq: 7,
            user_id: "ann".into(),
            graph_id: "g".into(),
            graph_exec_id: "e".into(),
            is_deleted: false,
            change: RecordChange::Node(Box::new(node)),
        }
    }

    fn payload(message: &Message) -> Value {
        let data: Value = serde_json::from_str(&message.data).unwrap();
        data["payload"].clone()
    }

    #[test]
    fn an_event_that_fits_is_left_alone() {
        let message = node(&json!({ "a": 1 }), &json!({ "out": ["x", 2] })).into_message(1000);
        let payload = payload(&message);
        assert_eq!(message.event_type.as_str(), "node_execution_update");
        assert_eq!(payload["event_type"], "node_execution_update");
        assert_eq!(payload["input_data"], json!({ "a": 1 }));
        assert_eq!(payload["output_data"], json!({ "out": ["x", 2] }));
        assert_eq!(payload["is_deleted"], false);
    }

    #[test]
    fn inputs_and_outputs_are_cut_to_half_of_the_limit_each() {
        let long = "x".repeat(10_000);
        let message = node(&json!({ "a": long }), &json!({ "out": [long, long] })).into_message(4000);
        // The rest of the event needs room too.
        assert_eq!(payload(&message)["event_type"], "error_comms_update");
        let message = node(&json!({ "a": long }), &json!({})).into_message(4000);
        let payload = payload(&message);
        assert!(payload["input_data"]["a"].as_str().unwrap().contains("… (omitted "));
        let size = payload["input_data"].to_string().len();
        assert!((1900..=2000).contains(&size), "{size}");
    }

    #[test]
    fn what_does_not_fit_at_all_is_told_with_its_size() {
        for event in [
            node(&json!({}), &json!({})),
            Event {
                change: RecordChange::TooLarge { bytes: 5_000_000 },
                ..node(&json!({}), &json!({}))
            },
        ] {
            let message = event.into_message(100);
            let payload = payload(&message);
            assert_eq!(message.event_type, EventType::ErrorCommsUpdate);
            assert_eq!(
                (&payload["event_type"], &payload["max_size_bytes"]),
                (&json!("error_comms_update"), &json!(100))
            );
            assert!(payload["original_size_bytes"].as_u64().unwrap() > 100);
        }
    }

    proptest! {
        #[test]
        fn a_message_is_never_larger_than_its_limit_allows(
            names in prop::collection::vec("[a-z\"é]{1,40}", 0..40), size in 0_usize..3000, limit in 300_usize..6000,
        ) {
            let inputs: Value = names.iter().map(|name| (name.clone(), json!("v".repeat(size)))).collect();
            let outputs: Value = names.iter().map(|name| (name.clone(), json!([size, "o".repeat(size)]))).collect();
            let message = node(&inputs, &outputs).into_message(limit);
            prop_assert!(message.data.len() <= limit);
            prop_assert!(!message.data.contains('\n'));
            prop_assert_eq!(&payload(&message)["event_type"], message.event_type.as_str());
        }
    }
}
