//! Executions imported from elsewhere, many at once.

use runledger_models::{
    ExecutionStatus, Fault, Id, Object, Scope, Timestamp, UserId,
    bounded::VersionNumber,
    import::{ImportedExecution, ImportedNode},
    stats::SentStats,
};
use serde::Serialize;

use super::NewValue;
use crate::{Error, Write, db::carried};

/// Writes imported executions with their nodes and data.
const IMPORT: &str = include_str!("import.sql");

#[derive(Serialize)]
struct ImportArgs {
    #[serde(serialize_with = "carried")]
    items: Vec<ItemArgs>,
}

#[derive(Serialize)]
struct ItemArgs {
    id: Option<Id>,
    user_id: UserId,
    graph_id: Id,
    graph_version: VersionNumber,
    status: ExecutionStatus,
    created_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    inputs: Option<Object>,
    stats: Option<Object>,
    parent_graph_exec_id: Option<Id>,
    node_executions: Vec<NodeArgs>,
}

#[derive(Serialize)]
struct NodeArgs {
    id: Id,
    node_id: Id,
    status: ExecutionStatus,
    add_time: Option<Timestamp>,
    queue_time: Option<Timestamp>,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    inputs: Vec<NewValue>,
    outputs: Vec<NewValue>,
}

impl From<ImportedExecution> for ItemArgs {
    fn from(item: ImportedExecution) -> Self {
        Self {
            id: item.id,
            user_id: item.user_id,
            graph_id: item.graph_id,
            graph_version: item.graph_version,
            status: item.status,
            created_at: item.created_at,
            started_at: item.started_at,
            ended_at: item.ended_at,
            inputs: item.inputs,
            stats: item.stats.map(SentStats::into_stored),
            parent_graph_exec_id: item.parent_graph_exec_id,
            node_executions: item.node_executions.into_iter().map(NodeArgs::from).collect(),
        }
    }
}

impl From<ImportedNode> for NodeArgs {
    fn from(node: ImportedNode) -> Self {
        let outputs = node.output_data.unwrap_or_default().into_iter();
        Self {
            id: Id::generate(),
            node_id: node.node_id,
            status: node.status,
            add_time: node.add_time,
            queue_time: node.queue_time,
            start_time: node.start_time,
            end_time: node.end_time,
            inputs: NewValue::of_object(node.input_data.unwrap_or_default()),
            outputs: outputs
                .flat_map(|(name, values)| values.into_iter().map(move |data| NewValue::new(name.clone(), data)))
                .collect(),
        }
    }
}

/// Imports prepared items, all or none, and answers with their identifiers in order. Every item has to belong to a user
/// within `scope`.
pub fn import(scope: &Scope, items: Vec<ImportedExecution>) -> Result<Write<Vec<String>>, Error> {
    if let Some(user) = scope.user_id() {
        let foreign = items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.user_id.as_str() != user);
        let faults: Vec<_> = foreign
            .map(|(index, _)| Fault {
                pointer: format!("/{index}/user_id"),
                detail: "is not the user that X-User-Id names".to_owned(),
            })
            .collect();
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
    }
    let args = ImportArgs {
        items: items.into_iter().map(ItemArgs::from).collect(),
    };
    Ok(Write::new(IMPORT, &args))
}
