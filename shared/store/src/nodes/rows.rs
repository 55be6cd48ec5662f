//! The one decoder of node executions: from the JSON that `node.sql` makes to the domain's types.

use runledger_models::{
    ExecutionStatus, Json, NodeExecutionResult, Object, node::NodeData, paging::Position, time::StoredTime,
};
use serde::Deserialize;

use crate::{Error, keyset};

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
    status: ExecutionStatus,
    add_time: StoredTime,
    queue_time: Option<StoredTime>,
    start_time: Option<StoredTime>,
    end_time: Option<StoredTime>,
    /// Not there where no data were asked for.
    data: Option<NodeData>,
}

impl NodeRow {
    /// Where the row stands in a list.
    pub(super) fn position(&self) -> Result<Position, Error> {
        keyset::position(&self.id, self.add_time.into())
    }

    /// The inputs that it was given one by one, and one more.
    pub(super) fn add_input(&mut self, name: String, value: Option<Json>) -> Object {
        let data = self.data.get_or_insert_default();
        data.add_input(name, value);
        data.given_inputs()
    }

    pub(crate) fn into_result(self) -> NodeExecutionResult {
        let data = self.data.unwrap_or_default();
        NodeExecutionResult {
            user_id: self.user_id,
            graph_id: self.graph_id,
            graph_version: self.graph_version,
            graph_exec_id: self.graph_exec_id,
            node_exec_id: self.id,
            node_id: self.node_id,
            block_id: self.block_id.unwrap_or_default(),
            status: self.status,
            input_data: data.input_data(),
            output_data: data.output_data(),
            add_time: self.add_time.into(),
            queue_time: self.queue_time.map(StoredTime::into),
            start_time: self.start_time.map(StoredTime::into),
            end_time: self.end_time.map(StoredTime::into),
        }
    }
}

/// The answer of a statement made by `one_node!`.
#[derive(Debug, Deserialize)]
pub struct OneNode {
    node: NodeRow,
}

impl OneNode {
    /// The node execution.
    pub fn into_result(self) -> NodeExecutionResult {
        self.node.into_result()
    }
}
