//! The queues of executions: node executions that wait for an executor, leased to whoever takes them.

use runledger_logging::Log;
use runledger_models::{
    Id, Scope,
    queue::{ExecutionContext, NodeExecutionEntry},
    time::StoredTime,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Error, Read, Write, db::Carried, nodes::NodeRow};

const ADD: &str = include_str!("add.sql");
const POP: &str = include_str!("pop.sql");
const ACK: &str = include_str!("ack.sql");
const LENGTH: &str = include_str!("length.sql");

#[derive(Serialize)]
struct QueueArgs<'a> {
    graph_exec_id: &'a Id,
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_exec_id: Option<&'a Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_context: Option<Carried<&'a ExecutionContext>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_seconds: Option<u32>,
}

impl<'a> QueueArgs<'a> {
    fn new(scope: &'a Scope, graph_exec_id: &'a Id) -> Self {
        Self {
            graph_exec_id,
            user_id: scope.user_id(),
            id: None,
            node_exec_id: None,
            execution_context: None,
            lease_seconds: None,
        }
    }
}

#[derive(Deserialize)]
struct EntryRow {
    id: String,
    leased_until: Option<StoredTime>,
    execution_context: ExecutionContext,
    node_execution: NodeRow,
}

impl EntryRow {
    fn into_entry(self, log: &Log) -> NodeExecutionEntry {
        let node = self.node_execution.into_result(log);
        NodeExecutionEntry {
            id: self.id,
            leased_until: self.leased_until.as_ref().and_then(StoredTime::shown),
            user_id: node.user_id,
            graph_exec_id: node.graph_exec_id,
            graph_id: node.graph_id,
            graph_version: node.graph_version,
            node_exec_id: node.node_exec_id,
            node_id: node.node_id,
            block_id: node.block_id,
            inputs: node.input_data,
            execution_context: self.execution_context,
            truncated: node.truncated,
        }
    }
}

/// Puts a node execution at the end of its execution's queue.
pub fn add(
    scope: &Scope,
    graph_exec_id: &Id,
    node_exec_id: &Id,
    context: &ExecutionContext,
) -> Write<NodeExecutionEntry> {
    let args = QueueArgs {
        id: Some(&Id::generate()),
        node_exec_id: Some(node_exec_id),
        execution_context: Some(Carried(context)),
        ..QueueArgs::new(scope, graph_exec_id)
    };
    Write::new(ADD, &args).map(|entry: EntryRow, log| entry.into_entry(log))
}

/// Takes the oldest entry of a queue that nobody has, for this many seconds. `None` where there is none.
pub fn pop(scope: &Scope, graph_exec_id: &Id, lease_seconds: u32) -> Write<Option<NodeExecutionEntry>> {
    let args = QueueArgs {
        id: Some(&Id::generate()),
        lease_seconds: Some(lease_seconds),
        ..QueueArgs::new(scope, graph_exec_id)
    };
    Write::new(POP, &args)
        .map(|entry: EntryRow, log| entry.into_entry(log))
        .none_if(|error| matches!(error, Error::Nothing))
}

/// Removes the entry that was taken under the id `entry`.
pub fn ack(scope: &Scope, graph_exec_id: &Id, entry: &Id) -> Write<()> {
    let args = QueueArgs {
        id: Some(entry),
        ..QueueArgs::new(scope, graph_exec_id)
    };
    Write::<Box<RawValue>>::new(ACK, &args).unit()
}

/// How many entries of a queue wait to be taken.
pub fn length(scope: &Scope, graph_exec_id: &Id) -> Read<u64> {
    Read::new(LENGTH, &QueueArgs::new(scope, graph_exec_id))
}
