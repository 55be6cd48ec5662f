//! What happens to a graph execution after its creation.

use runledger_models::{Change, ExecutionStatus, GraphExecution, Id, Move, Object, Scope};
use serde::Serialize;
use serde_json::value::RawValue;

use super::WithBoundary;
use crate::{OnIllegalMove, Write, db::carried};

/// Moves an execution to another status, changes its statistics, or both.
const CHANGE: &str = include_str!("change.sql");
/// Terminates an execution and all that it started.
const STOP: &str = include_str!("stop.sql");
/// Undoes a soft delete.
const RESTORE: &str = include_str!("restore.sql");
/// Hides an execution.
const DELETE_SOFT: &str = include_str!("delete_soft.sql");
/// Removes an execution's rows.
const DELETE_HARD: &str = include_str!("delete_hard.sql");

/// The parameter of the statements here.
#[derive(Debug, Serialize)]
struct ChangeArgs<'a> {
    id: &'a Id,
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Move>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    allowed_from: &'static [ExecutionStatus],
    #[serde(serialize_with = "carried", skip_serializing_if = "Option::is_none")]
    stats: Option<Object>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    or_as_it_is: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    again: bool,
}

/// How an execution is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// Hidden; one that is hidden is not found.
    Soft,
    /// Hidden, also one that is hidden.
    SoftAgain,
    /// Its rows are removed, and what else is kept of it.
    Hard,
}

impl<'a> ChangeArgs<'a> {
    fn new(scope: &'a Scope, id: &'a Id) -> Self {
        Self {
            id,
            user_id: scope.user_id(),
            status: None,
            allowed_from: &[],
            stats: None,
            or_as_it_is: false,
            again: false,
        }
    }
}

/// Applies a change, all of it or nothing. Asking for the status that the execution already has changes nothing.
pub fn change(scope: &Scope, id: &Id, change: Change, on_illegal_move: OnIllegalMove) -> Write<GraphExecution> {
    let (to, stats) = change.into_parts();
    let args = ChangeArgs {
        status: to,
        allowed_from: to.map_or(&[][..], Move::allowed_from),
        stats,
        or_as_it_is: on_illegal_move == OnIllegalMove::AnswerAsItIs,
        ..ChangeArgs::new(scope, id)
    };
    execution(CHANGE, &args)
}

/// Terminates an execution, its unfinished nodes, and everything unfinished that it started.
pub fn stop(scope: &Scope, id: &Id) -> Write<GraphExecution> {
    let args = ChangeArgs {
        allowed_from: Move::TERMINATED.allowed_from(),
        ..ChangeArgs::new(scope, id)
    };
    execution(STOP, &args)
}

/// Brings a soft-deleted execution back.
pub fn restore(scope: &Scope, id: &Id) -> Write<GraphExecution> {
    execution(RESTORE, &ChangeArgs::new(scope, id))
}

/// Hides an execution, or removes its rows for good.
pub fn delete(scope: &Scope, id: &Id, how: Deletion) -> Write<()> {
    let text = if how == Deletion::Hard {
        DELETE_HARD
    } else {
        DELETE_SOFT
    };
    let args = ChangeArgs {
        again: how == Deletion::SoftAgain,
        ..ChangeArgs::new(scope, id)
    };
    Write::<Box<RawValue>>::new(text, &args).unit()
}

fn execution(text: &'static str, args: &ChangeArgs<'_>) -> Write<GraphExecution> {
    Write::new(text, args).map(|row: WithBoundary, log| row.into_execution(log))
}
