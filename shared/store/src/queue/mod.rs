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

/// A statement that leaves an entry in `entry`, or why there is none in `refusal`, with the answer that both have: the
/// entry and its node execution.
macro_rules! one_entry {
    ($head:literal) => {
        concat!(
            include_str!($head),
            "SELECT coalesce(\n(SELECT json_build_object('of', entry.graph_exec_id, 'ok', json_build_object('id', entry.id,\n",
            "    'leased_until', entry.leased_until AT TIME ZONE 'UTC',\n",
            "    'execution_context', entry.execution_context, 'node',\n",
            include_str!("../nodes/node.sql"),
            "))\nFROM entry\nJOIN (SELECT n.*, e.\"userId\", e.\"agentGraphId\", e.\"agentGraphVersion\", runledger.add_node_data(\n",
            "        NULL, runledger.answer_budget($1) / 2, 'node', n.id, n.stats, n.\"executionData\") AS taken\n",
            "    FROM e JOIN \"AgentNodeExecution\" n ON n.\"agentGraphExecutionId\" = e.id) n\n",
            "    ON n.id = entry.node_exec_id),\n",
            "(SELECT outcome FROM refusal),\n'{\"missing\": true}')::text"
        )
    };
}

const ADD: &str = one_entry!("add.sql");
const POP: &str = one_entry!("pop.sql");
const ACK: &str = include_str!("ack.sql");
const STATE: &str = include_str!("state.sql");

#[derive(Serialize)]
struct Args<'a> {
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

impl<'a> Args<'a> {
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
    node: NodeRow,
}

impl EntryRow {
    fn into_entry(self, log: &Log) -> NodeExecutionEntry {
        let node = self.node.into_result(log);
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
    let args = Args {
        id: Some(&Id::generate()),
        node_exec_id: Some(node_exec_id),
        execution_context: Some(Carried(context)),
        ..Args::new(scope, graph_exec_id)
    };
    Write::new(ADD, &args).map(|entry: EntryRow, log| entry.into_entry(log))
}

/// Takes the oldest entry of a queue that nobody has, for this many seconds. `None` where there is none.
pub fn pop(scope: &Scope, graph_exec_id: &Id, lease_seconds: u32) -> Write<Option<NodeExecutionEntry>> {
    let args = Args {
        id: Some(&Id::generate()),
        lease_seconds: Some(lease_seconds),
        ..Args::new(scope, graph_exec_id)
    };
    Write::new(POP, &args)
        .map(|entry: EntryRow, log| entry.into_entry(log))
        .none_if(|error| matches!(error, Error::Nothing))
}

/// Removes the entry that was taken under the id `entry`.
pub fn ack(scope: &Scope, graph_exec_id: &Id, entry: &Id) -> Write<()> {
    let args = Args {
        id: Some(entry),
        ..Args::new(scope, graph_exec_id)
    };
    Write::<Box<RawValue>>::new(ACK, &args).unit()
}

/// How many entries of a queue wait to be taken.
pub fn length(scope: &Scope, graph_exec_id: &Id) -> Read<u64> {
    Read::new(STATE, &Args::new(scope, graph_exec_id))
}
