//! Graph executions: created, read, listed, moved through their states, stopped, deleted, imported.

/// A statement that leaves one execution in `e`, or why there is none in `refusal`, with the answer that all of these
/// have: the execution, what its inputs and outputs are gathered from, and each `$more`.
macro_rules! returning {
    ($head:literal $(, $name:literal: $more:expr)*) => {
        concat!(
            include_str!($head),
            "SELECT coalesce(\n(SELECT json_build_object('of', e.id, 'ok', json_build_object('execution', to_json(shown), 'boundary', (\n",
            include_str!("boundary.sql"),
            $("), '", $name, "', (\n", $more,)*
            ")))\nFROM (SELECT *, runledger.answer_budget($1) AS budget FROM e) e CROSS JOIN LATERAL (\n",
            include_str!("shown.sql"),
            ") shown),\n(SELECT outcome FROM refusal),\n'{\"missing\": true}')::text"
        )
    };
}

mod change;
mod create;
mod import;
mod list;
mod read;
mod rows;

pub use change::{Change, Deletion, change, delete, restore, stop};
pub use create::{NewExecution, StartingNode, create};
pub use import::import;
pub use list::{Filter, count, keyset, page};
pub use read::{NODES, get, get_with_nodes};
pub(crate) use rows::{BoundaryRow, WithBoundary};
use rows::{ExecutionRow, NewValue, WithNewestNodes, WithNodes};
