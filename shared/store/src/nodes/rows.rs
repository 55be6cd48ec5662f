//! The one decoder of node executions: from the JSON of a row to the domain's types.

use runledger_logging::Log;
use runledger_models::{
    NodeExecutionResult, StoredStatus, Truncated, node::NodeData, paging::Position, time::StoredTime,
};
use serde::Deserialize;

use crate::{keyset, stored::shown_time};

/// A node execution without its data, as `runledger.node_json` tells it.
#[derive(Debug, Deserialize)]
pub(super) struct NodeColumns {
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
}

/// A node execution.
#[derive(Debug, Deserialize)]
pub(crate) struct NodeRow {
    node: NodeColumns,
    /// Not there where no data were asked for.
    data: Option<NodeData>,
}

impl NodeRow {
    pub(super) const fn new(node: NodeColumns, data: NodeData) -> Self {
        Self { node, data: Some(data) }
    }

    /// Where the row stands in a list.
    pub(crate) fn position(&self) -> Position {
        keyset::position(&self.node.id, self.node.add_time.clone())
    }

    /// The node execution; what is odd about it goes to the log.
    pub(crate) fn into_result(self, log: &Log) -> NodeExecutionResult {
        let Self { node, data } = self;
        let mut data = data.unwrap_or_default();
        let truncated = data.cut.then(|| Truncated::node_execution(&node.id));
        let record = format!("node execution {}", node.id);
        let time = |time: Option<&StoredTime>, column| shown_time(log, time, &record, column);
        NodeExecutionResult {
            add_time: time(Some(&node.add_time), "addedTime"),
            queue_time: time(node.queue_time.as_ref(), "queuedTime"),
            start_time: time(node.start_time.as_ref(), "startedTime"),
            end_time: time(node.end_time.as_ref(), "endedTime"),
            user_id: node.user_id,
            graph_id: node.graph_id,
            graph_version: node.graph_version,
            graph_exec_id: node.graph_exec_id,
            node_exec_id: node.id,
            node_id: node.node_id,
            block_id: node.block_id.unwrap_or_default(),
            status: node.status,
            input_data: data.take_inputs(),
            output_data: data.take_outputs(),
            truncated,
        }
    }
}
