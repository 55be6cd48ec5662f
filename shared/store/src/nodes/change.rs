//! Moves of node executions from status to status, one or many at once.

use runledger_models::{ExecutionStatus, Id, Move, NodeChange, NodeExecutionResult, Object, Scope};
use serde::Serialize;

use super::NodeRow;
use crate::{OnIllegalMove, Write, db::carried};

/// Moves a node execution to another status.
const CHANGE: &str = include_str!("change.sql");
/// Moves those of many that may be moved.
const CHANGE_MANY: &str = include_str!("change_many.sql");

#[derive(Serialize)]
struct ChangeArgs<'a> {
    id: &'a Id,
    user_id: Option<&'a str>,
    status: Move,
    allowed_from: &'static [ExecutionStatus],
    #[serde(serialize_with = "carried", skip_serializing_if = "Option::is_none")]
    execution_data: Option<Object>,
    #[serde(serialize_with = "carried", skip_serializing_if = "Option::is_none")]
    stats: Option<Object>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    or_as_it_is: bool,
}

/// Applies a change, all of it or nothing. Asking for the status that the node execution already has changes nothing.
pub fn change(
    scope: &Scope,
    id: &Id,
    change: NodeChange,
    on_illegal_move: OnIllegalMove,
) -> Write<NodeExecutionResult> {
    let (to, execution_data, stats) = change.into_parts();
    let args = ChangeArgs {
        id,
        user_id: scope.user_id(),
        status: to,
        allowed_from: to.allowed_from(),
        execution_data,
        stats,
        or_as_it_is: on_illegal_move == OnIllegalMove::AnswerAsItIs,
    };
    Write::new(CHANGE, &args).map(|node: NodeRow, log| node.into_result(log))
}

#[derive(Serialize)]
struct ChangeManyArgs<'a> {
    ids: &'a [Id],
    user_id: Option<&'a str>,
    status: Move,
    allowed_from: &'static [ExecutionStatus],
    #[serde(serialize_with = "carried", skip_serializing_if = "Option::is_none")]
    stats: Option<Object>,
}

/// Moves those of `ids` that may make the move `to`, with `new_stats` in place of theirs, and tells how many they were.
pub fn change_many(scope: &Scope, ids: &[Id], to: Move, new_stats: Option<Object>) -> Write<u64> {
    let args = ChangeManyArgs {
        ids,
        user_id: scope.user_id(),
        status: to,
        allowed_from: to.allowed_from(),
        stats: new_stats,
    };
    Write::new(CHANGE_MANY, &args)
}
