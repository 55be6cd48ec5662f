//! The one decoder of execution rows: from the JSON of a row to the domain's types.

use runledger_logging::Log;
use runledger_models::{
    GraphExecution, GraphExecutionMeta, GraphExecutionWithNodes, Id, Json, NodeExecutionResult, Object, StoredStatus,
    Truncated,
    execution::ExecutionBase,
    graph::BlockType,
    node::{BoundaryNode, NodeData, graph_inputs, graph_outputs},
    paging::Position,
    stats::GraphExecutionStats,
    time::StoredTime,
};
use serde::{Deserialize, Serialize};

use crate::{
    Error, keyset,
    nodes::NodeRow,
    stored::{Row, decoded, shown_time},
};

/// An execution without its values, as `runledger.execution_json` tells it.
#[derive(Debug, Deserialize)]
struct ExecutionColumns {
    id: String,
    user_id: String,
    graph_id: String,
    graph_version: i32,
    preset_id: Option<String>,
    parent_graph_exec_id: Option<String>,
    status: StoredStatus,
    created_at: StoredTime,
    updated_at: Option<StoredTime>,
    started_at: Option<StoredTime>,
    ended_at: Option<StoredTime>,
    is_shared: bool,
    share_token: Option<String>,
}

/// The values of an execution, as `runledger.execution_values` tells them.
#[derive(Debug, Deserialize)]
struct ExecutionValues {
    inputs: Option<Json>,
    credential_inputs: Option<Json>,
    nodes_input_masks: Option<Json>,
    stats: Option<Json>,
    /// Whether some of them were left out, since they are too large.
    is_cut: bool,
}

/// An execution.
#[derive(Debug, Deserialize)]
pub(super) struct ExecutionRow {
    execution: ExecutionColumns,
    values: ExecutionValues,
}

impl ExecutionRow {
    /// Where the row stands in a list.
    pub(super) fn position(&self) -> Position {
        keyset::position(&self.execution.id, self.execution.created_at.clone())
    }

    fn split(self, log: &Log) -> (ExecutionBase, Option<Json>) {
        let Self { execution, values } = self;
        let stats = values.stats.as_ref().and_then(|stored| {
            let stats = GraphExecutionStats::from_stored(stored);
            if stats.is_none() {
                log.warn_of_stored(&format!(
                    "the stored stats of execution {} cannot be read and show as null",
                    execution.id
                ));
            }
            stats
        });
        let truncated = values.is_cut.then(|| Truncated::execution(&execution.id));
        let record = format!("execution {}", execution.id);
        let time = |time: Option<&StoredTime>, column| shown_time(log, time, &record, column);
        let base = ExecutionBase {
            started_at: time(execution.started_at.as_ref(), "startedAt"),
            ended_at: time(execution.ended_at.as_ref(), "endedAt"),
            created_at: time(Some(&execution.created_at), "createdAt"),
            updated_at: time(execution.updated_at.as_ref(), "updatedAt"),
            id: execution.id,
            user_id: execution.user_id,
            graph_id: execution.graph_id,
            graph_version: execution.graph_version,
            credential_inputs: values.credential_inputs.filter(|inputs| inputs.get() != "{}"),
            nodes_input_masks: values.nodes_input_masks,
            preset_id: execution.preset_id,
            status: execution.status,
            is_shared: execution.is_shared,
            share_token: execution.share_token,
            stats,
            parent_graph_exec_id: execution.parent_graph_exec_id,
            truncated,
        };
        (base, values.inputs)
    }

    /// The execution as lists show it.
    pub(super) fn into_meta(self, log: &Log) -> GraphExecutionMeta {
        let (base, inputs) = self.split(log);
        GraphExecutionMeta { base, inputs }
    }

    fn into_execution(self, log: &Log, boundary: Vec<Row<BoundaryRow>>) -> GraphExecution {
        let boundary = decoded(log, boundary, "a node's data", |row| row);
        let is_cut = boundary.iter().any(BoundaryRow::is_cut);
        let boundary: Vec<_> = boundary.into_iter().map(BoundaryNode::from).collect();
        let (mut base, inputs) = self.split(log);
        if is_cut {
            base.truncated = Some(Truncated::execution(&base.id));
        }
        GraphExecution {
            base,
            inputs: graph_inputs(inputs.as_ref(), &boundary),
            outputs: graph_outputs(boundary),
        }
    }
}

/// An execution with what its inputs and outputs are gathered from.
#[derive(Debug, Deserialize)]
pub(crate) struct WithBoundary {
    execution: ExecutionColumns,
    values: ExecutionValues,
    boundary: Vec<Row<BoundaryRow>>,
}

/// One of those that `runledger.boundary` tells.
#[derive(Debug, Deserialize)]
pub(crate) struct BoundaryRow {
    block_type: BlockType,
    data: NodeData,
}

impl BoundaryRow {
    /// Whether something was left out of it, or after it.
    pub(crate) const fn is_cut(&self) -> bool {
        self.data.cut
    }
}

impl From<BoundaryRow> for BoundaryNode {
    fn from(row: BoundaryRow) -> Self {
        let mut data = row.data;
        Self {
            block_type: row.block_type,
            input_data: data.take_inputs(),
        }
    }
}

impl WithBoundary {
    /// The execution; what is odd about it goes to the log.
    pub(crate) fn into_execution(self, log: &Log) -> GraphExecution {
        let Self {
            execution,
            values,
            boundary,
        } = self;
        ExecutionRow { execution, values }.into_execution(log, boundary)
    }
}

/// The answer of a statement that tells nodes too.
#[derive(Debug, Deserialize)]
pub(super) struct WithNodes<N> {
    execution: ExecutionColumns,
    values: ExecutionValues,
    boundary: Vec<Row<BoundaryRow>>,
    nodes: N,
}

/// New nodes, all of them.
pub(super) type NewNodes = Vec<Row<NodeRow>>;
/// The newest nodes.
pub(super) type NewestNodes = keyset::Rows<Row<NodeRow>>;

impl<N> WithNodes<N> {
    fn into_parts(self, log: &Log) -> (GraphExecution, N) {
        let Self {
            execution,
            values,
            boundary,
            nodes,
        } = self;
        let row = ExecutionRow { execution, values };
        (row.into_execution(log, boundary), nodes)
    }
}

impl WithNodes<NewNodes> {
    /// The execution; what is odd about it goes to the log.
    pub(super) fn into_execution(self, log: &Log) -> GraphExecutionWithNodes {
        let (execution, nodes) = self.into_parts(log);
        let node_executions = decoded(log, nodes, "node execution", |row| row.into_result(log));
        GraphExecutionWithNodes {
            execution,
            node_executions,
        }
    }
}

impl WithNodes<NewestNodes> {
    /// The execution with at most `limit` nodes in queue order, and where the list of its nodes goes on after them. What is
    /// odd about it goes to the log.
    pub(super) fn into_newest(
        self,
        log: &Log,
        limit: u32,
    ) -> Result<(GraphExecutionWithNodes, Option<Position>), Error> {
        let (execution, nodes) = self.into_parts(log);
        let (nodes, next) = keyset::cut_rows(nodes, limit, NodeRow::position)?;
        let mut node_executions = decoded(log, nodes, "node execution", |row| row.into_result(log));
        node_executions.sort_by(|one, other| {
            let order = |node: &NodeExecutionResult| node.queue_order();
            (order(one), &one.node_exec_id).cmp(&(order(other), &other.node_exec_id))
        });
        let execution = GraphExecutionWithNodes {
            execution,
            node_executions,
        };
        Ok((execution, next))
    }
}

/// An input or output row to write.
#[derive(Debug, Serialize)]
pub(super) struct NewValue {
    id: Id,
    name: String,
    data: Json,
}

impl NewValue {
    pub(super) fn new(name: String, data: Json) -> Self {
        Self {
            id: Id::generate(),
            name,
            data,
        }
    }

    /// One row for each name.
    pub(super) fn of_object(object: Object) -> Vec<Self> {
        object.into_iter().map(|(name, data)| Self::new(name, data)).collect()
    }
}
