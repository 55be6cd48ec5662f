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

/// A row of `"AgentGraphExecution"`. Columns that the platform has and the ledger does not know are passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutionRow {
    id: String,
    created_at: StoredTime,
    updated_at: Option<StoredTime>,
    started_at: Option<StoredTime>,
    ended_at: Option<StoredTime>,
    execution_status: StoredStatus,
    agent_graph_id: String,
    agent_graph_version: i32,
    agent_preset_id: Option<String>,
    inputs: Option<Json>,
    credential_inputs: Option<Json>,
    nodes_input_masks: Option<Json>,
    user_id: String,
    stats: Option<Json>,
    parent_graph_execution_id: Option<String>,
    is_shared: bool,
    share_token: Option<String>,
    /// Whether some of its values were left out, since they are too large.
    #[serde(default)]
    is_cut: bool,
}

impl ExecutionRow {
    /// Where the row stands in a list.
    pub(super) fn position(&self) -> Position {
        keyset::position(&self.id, self.created_at.clone())
    }

    fn split(self, log: &Log) -> (ExecutionBase, Option<Json>) {
        let stats = self.stats.as_ref().and_then(|stored| {
            let stats = GraphExecutionStats::from_stored(stored);
            if stats.is_none() {
                log.warn_of_stored(&format!(
                    "the stored stats of execution {} cannot be read and show as null",
                    self.id
                ));
            }
            stats
        });
        let truncated = self.is_cut.then(|| Truncated::execution(&self.id));
        let record = format!("execution {}", self.id);
        let time = |time: Option<&StoredTime>, column| shown_time(log, time, &record, column);
        let base = ExecutionBase {
            started_at: time(self.started_at.as_ref(), "startedAt"),
            ended_at: time(self.ended_at.as_ref(), "endedAt"),
            created_at: time(Some(&self.created_at), "createdAt"),
            updated_at: time(self.updated_at.as_ref(), "updatedAt"),
            id: self.id,
            user_id: self.user_id,
            graph_id: self.agent_graph_id,
            graph_version: self.agent_graph_version,
            credential_inputs: self.credential_inputs.filter(|inputs| inputs.get() != "{}"),
            nodes_input_masks: self.nodes_input_masks,
            preset_id: self.agent_preset_id,
            status: self.execution_status,
            is_shared: self.is_shared,
            share_token: self.share_token,
            stats,
            parent_graph_exec_id: self.parent_graph_execution_id,
            truncated,
        };
        (base, self.inputs)
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

/// The answer of a statement made by `returning!`.
#[derive(Debug, Deserialize)]
pub(crate) struct WithBoundary {
    execution: ExecutionRow,
    boundary: Vec<Row<BoundaryRow>>,
}

/// A row of `boundary.sql`.
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
        self.execution.into_execution(log, self.boundary)
    }
}

/// The answer of a statement that tells the new nodes too.
#[derive(Debug, Deserialize)]
pub(super) struct WithNodes {
    execution: ExecutionRow,
    boundary: Vec<Row<BoundaryRow>>,
    nodes: Vec<Row<NodeRow>>,
}

/// The answer of a statement that tells the newest nodes too.
#[derive(Debug, Deserialize)]
pub(super) struct WithNewestNodes {
    execution: ExecutionRow,
    boundary: Vec<Row<BoundaryRow>>,
    nodes: keyset::Rows<Row<NodeRow>>,
}

impl WithNodes {
    /// The execution; what is odd about it goes to the log.
    pub(super) fn into_execution(self, log: &Log) -> GraphExecutionWithNodes {
        let node_executions = decoded(log, self.nodes, "node execution", |row| row.into_result(log));
        GraphExecutionWithNodes {
            execution: self.execution.into_execution(log, self.boundary),
            node_executions,
        }
    }
}

impl WithNewestNodes {
    /// The execution with at most `limit` nodes in queue order, and where the list of its nodes goes on after them. What is
    /// odd about it goes to the log.
    pub(super) fn into_newest(
        self,
        log: &Log,
        limit: u32,
    ) -> Result<(GraphExecutionWithNodes, Option<Position>), Error> {
        let (nodes, next) = keyset::cut_rows(self.nodes, limit, NodeRow::position)?;
        let mut node_executions = decoded(log, nodes, "node execution", |row| row.into_result(log));
        node_executions.sort_by(|one, other| {
            let order = |node: &NodeExecutionResult| node.queue_order();
            (order(one), &one.node_exec_id).cmp(&(order(other), &other.node_exec_id))
        });
        let execution = GraphExecutionWithNodes {
            execution: self.execution.into_execution(log, self.boundary),
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
