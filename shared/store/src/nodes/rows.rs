//! The one decoder of node executions: from the JSON that `node.sql` makes to the domain's types.

use runledger_logging::Log;
use runledger_models::{
    Json, NodeExecutionResult, Object, StoredStatus, Truncated, node::NodeData, paging::Position, time::StoredTime,
};
use serde::Deserialize;

use crate::{keyset, stored::shown_time};

/// A node execution, as `node.sql` tells it.
#[derive(Debug, Deserialize)]
pub(crate) struct NodeRow {
    user_id: String,
    graph_id: String,
    graph_version: i32,
    graph_exec_id: String,
    id: String,
    node_id: String,
    block_id: Option<String>,
    status: StoredStatus,
    add_time: StoredTime,
    queue_time: Option<StoredTime>,
    start_time: Option<StoredTime>,
    end_time: Option<StoredTime>,
    /// Not there where no data were asked for.
    data: Option<NodeData>,
}

impl NodeRow {
    /// Where the row stands in a list.
    pub(crate) fn position(&self) -> Position {
        keyset::position(&self.id, self.add_time.clone())
    }

    /// The inputs that it was given one by one, and one more.
    pub(super) fn add_input(&mut self, name: String, value: Option<Json>) -> Object {
        let data = self.data.get_or_insert_default();
        data.add_input(name, value);
        data.given_inputs()
    }

    /// The node execution; what is odd about it goes to the log.
    pub(crate) fn into_result(self, log: &Log) -> NodeExecutionResult {
        let mut data = self.data.unwrap_or_default();
        let truncated = data.cut.then(|| Truncated::node_execution(&self.id));
        let record = format!("node execution {}", self.id);
        let time = |time: Option<&StoredTime>, column| shown_time(log, time, &record, column);
        NodeExecutionResult {
            add_time: time(Some(&self.add_time), "addedTime"),
            queue_time: time(self.queue_time.as_ref(), "queuedTime"),
            start_time: time(self.start_time.as_ref(), "startedTime"),
            end_time: time(self.end_time.as_ref(), "endedTime"),
            user_id: self.user_id,
            graph_id: self.graph_id,
            graph_version: self.graph_version,
            graph_exec_id: self.graph_exec_id,
            node_exec_id: self.id,
            node_id: self.node_id,
            block_id: self.block_id.unwrap_or_default(),
            status: self.status,
            input_data: data.take_inputs(),
            output_data: data.take_outputs(),
            truncated,
        }
    }
}

/// The answer of a statement made by `one_node!`.
#[derive(Debug, Deserialize)]
pub(crate) struct OneNode {
    node: NodeRow,
}

impl OneNode {
    /// The node execution; what is odd about it goes to the log.
    pub(crate) fn into_result(self, log: &Log) -> NodeExecutionResult {
        self.node.into_result(log)
    }
}
