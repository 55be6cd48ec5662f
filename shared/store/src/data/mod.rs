//! All that is stored of a record, in pieces: for what is larger than an answer may be.

use runledger_models::{Id, Scope};
use serde::{Deserialize, Serialize};

use crate::Read;

const READ: &str = include_str!("read.sql");

/// Whose values.
#[derive(Debug, Clone)]
pub enum Record {
    /// Those of a graph execution, and those that its inputs and outputs are gathered from.
    Execution(Id),
    /// Those of a node execution.
    NodeExecution(Id),
}

/// A place in the values of a record: so many values, and so many characters of the next one.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Place {
    skip: u64,
    offset: usize,
}

/// A value of a record, or a piece of it.
#[derive(Debug, Deserialize)]
pub struct Piece {
    /// The node execution that the value is of, if it is not the graph execution's own.
    pub node_exec_id: Option<String>,
    /// Where it is stored.
    pub source: String,
    /// The name of an input or output.
    pub name: Option<String>,
    /// JSON text, or a part of one.
    pub piece: String,
    /// Whether the value ends with it.
    pub is_last: bool,
}

impl Place {
    /// Whether a value begins here.
    pub const fn begins(self) -> bool {
        self.offset == 0
    }

    /// How many values there are before.
    pub const fn values(self) -> u64 {
        self.skip
    }

    /// The place after this piece.
    #[must_use]
    pub fn after(self, piece: &Piece) -> Self {
        if piece.is_last {
            Self {
                skip: self.skip + 1,
                offset: 0,
            }
        } else {
            Self {
                offset: self.offset + piece.piece.chars().count(),
                ..self
            }
        }
    }
}

#[derive(Serialize)]
struct ReadArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    graph_exec_id: Option<&'a Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_exec_id: Option<&'a Id>,
    user_id: Option<&'a str>,
    #[serde(flatten)]
    place: Place,
}

/// The next values of a record, a few megabytes at most; none at their end.
pub fn read(scope: &Scope, record: &Record, place: Place) -> Read<Vec<Piece>> {
    let (graph_exec_id, node_exec_id) = match record {
        Record::Execution(id) => (Some(id), None),
        Record::NodeExecution(id) => (None, Some(id)),
    };
    let args = ReadArgs {
        graph_exec_id,
        node_exec_id,
        user_id: scope.user_id(),
        place,
    };
    Read::new(READ, &args)
}
