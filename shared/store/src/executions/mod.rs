//! Graph executions: created, read, listed, moved through their states, stopped, deleted, imported.

mod change;
mod create;
mod import;
mod list;
mod read;
mod rows;

pub use change::{Deletion, change, delete, restore, stop};
pub use create::create;
pub use import::import;
pub(crate) use list::predicates;
pub use list::{Filter, count, keyset, page};
pub use read::{NODES, get, get_with_nodes};
pub(crate) use rows::{BoundaryRow, WithBoundary};
use rows::{ExecutionRow, NewNodes, NewValue, NewestNodes, WithNodes};
