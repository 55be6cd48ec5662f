//! Moves of node executions from status to status, one or many at once.

use runledger_models::{ExecutionStatus, Fault, Id, NodeExecutionResult, Object, Scope};
use serde::Serialize;

use super::NodeRow;
use crate::{Write, db::carried};

/// Moves a node execution to another status.
const CHANGE: &str = include_str!("change.sql");
/// Moves those of many that may be moved.
const CHANGE_MANY: &str = include_str!("change_many.sql");

/// Where a node execution is to go, and what goes with it.
#[derive(Debug)]
pub struct Change {
    /// The status to move to.
    pub status: ExecutionStatus,
    /// The data that it runs with, in place of the inputs that it was given one by one.
    pub execution_data: Option<Object>,
    /// Statistics in place of those that are stored.
    pub stats: Option<Object>,
    /// Whether a node execution that may not move is answered as it stands, in place of a refusal.
    pub or_as_it_is: bool,
}

impl Change {
    /// A change as a request asks for it: a node execution is queued with its data.
    pub fn new(
        status: ExecutionStatus,
        execution_data: Option<Object>,
        new_stats: Option<Object>,
    ) -> Result<Self, Fault> {
        if status == ExecutionStatus::Queued && execution_data.is_none() {
            let detail = "is missing; a node execution is queued with the data that it runs with";
            return Err(Fault::new("/execution_data", detail));
        }
        Ok(Self {
            status,
            execution_data,
            stats: new_stats,
            or_as_it_is: false,
        })
    }
}

#[derive(Serialize)]
struct ChangeArgs<'a> {
    id: &'a Id,
    user_id: Option<&'a str>,
    status: ExecutionStatus,
    allowed_from: &'static [ExecutionStatus],
    #[serde(serialize_with = "carried", skip_serializing_if = "Option::is_none")]
    execution_data: Option<Object>,
    #[serde(serialize_with = "carried", skip_serializing_if = "Option::is_none")]
    stats: Option<Object>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    or_as_it_is: bool,
}

/// Applies a change, all of it or nothing. Asking for the status that the node execution already has changes nothing.
pub fn change(scope: &Scope, id: &Id, change: Change) -> Write<NodeExecutionResult> {
    let args = ChangeArgs {
        id,
        user_id: scope.user_id(),
        status: change.status,
        allowed_from: change.status.allowed_from(),
        execution_data: change.execution_data,
        stats: change.stats,
        or_as_it_is: change.or_as_it_is,
    };
    Write::new(CHANGE, &args).map(|node: NodeRow, log| node.into_result(log))
}

#[derive(Serialize)]
struct ChangeManyArgs<'a> {
    ids: &'a [Id],
    user_id: Option<&'a str>,
    status: ExecutionStatus,
    allowed_from: &'static [ExecutionStatus],
    #[serde(serialize_with = "carried", skip_serializing_if = "Option::is_none")]
    stats: Option<Object>,
}

/// Moves those of `ids` that may become `status`, with `new_stats` in place of theirs, and tells how many they were.
pub fn change_many(scope: &Scope, ids: &[Id], status: ExecutionStatus, new_stats: Option<Object>) -> Write<u64> {
    let args = ChangeManyArgs {
        ids,
        user_id: scope.user_id(),
        status,
        allowed_from: status.allowed_from(),
        stats: new_stats,
    };
    Write::new(CHANGE_MANY, &args)
}
