//! Node executions: listed, read, given inputs and outputs, moved through their states.

mod change;
mod list;
mod read;
mod rows;
mod write;

pub use change::{change, change_many};
pub use list::{Filter, list};
pub use read::{get, latest, outputs};
pub(crate) use rows::NodeRow;
pub use write::{GivenInput, NewInput, give_input, give_output};
