//! Node executions: listed, read, given inputs and outputs, moved through their states.

/// A statement that leaves one node execution in `n`, or why there is none in `refusal`, with the answer that all of
/// these have: the node execution, and `$more` beside it.
macro_rules! one_node {
    ($head:expr $(, $name:literal: $more:literal)?) => {
        concat!(
            $head,
            "SELECT coalesce(\n(SELECT json_build_object('of', n.\"agentGraphExecutionId\", 'ok', json_build_object('node',\n",
            include_str!("node.sql"),
            $(", '", $name, "', (", $more, ")",)?
            "))\nFROM (SELECT n.*, e.\"userId\", e.\"agentGraphId\", e.\"agentGraphVersion\", runledger.add_node_data(\n",
            "        NULL, runledger.answer_budget($1), 'node', n.id, n.stats, n.\"executionData\") AS taken\n    FROM n\n",
            "    JOIN \"AgentGraphExecution\" e ON e.id = n.\"agentGraphExecutionId\") n),\n",
            "(SELECT outcome FROM refusal),\n'{\"missing\": true}')::text"
        )
    };
}

mod change;
mod list;
mod read;
mod rows;
mod write;

pub use change::{Change, change, change_many};
pub use list::{Filter, list};
pub use read::{get, latest, outputs};
pub(crate) use rows::{NodeRow, OneNode};
pub use write::{GivenInput, NewInput, give_input, give_output};
