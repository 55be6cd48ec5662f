//! Domain types and rules of the ledger: pure, without I/O, SQL or HTTP.
//!
//! What a run is, which moves its status may make, how its data and statistics are read: everything here can be tested
//! with values alone, natively.

pub mod bounded;
pub mod change;
pub mod credit;
pub mod database_url;
pub mod event;
pub mod execution;
pub mod fault;
pub mod graph;
pub mod id;
pub mod identity;
pub mod import;
pub mod job;
pub mod json;
pub mod kv;
pub mod monitors;
pub mod new_execution;
pub mod node;
pub mod paging;
pub mod queue;
#[cfg(test)]
mod reading;
pub mod scoring;
pub mod share;
pub mod stats;
pub mod status;
pub mod stored;
pub mod summary;
pub mod time;
pub mod truncate;
pub mod truncated;

pub use bounded::Bounded;
pub use change::{Change, NodeChange};
pub use credit::Cents;
pub use database_url::DatabaseUrl;
pub use event::Event;
pub use execution::{GraphExecution, GraphExecutionMeta, GraphExecutionWithNodes};
pub use fault::Fault;
pub use id::{Id, UserId};
pub use identity::{AnyUser, Caller, Role, Scope};
pub use json::{Json, Object};
pub use new_execution::NewExecution;
pub use node::NodeExecutionResult;
pub use share::{ShareToken, SharedExecution};
pub use status::{ExecutionStatus, Move, StoredStatus};
pub use time::Timestamp;
pub use truncated::Truncated;
