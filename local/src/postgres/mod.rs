//! `spin:postgres`: pooled connections to Postgres.
//!
//! A component's `connection` is only a handle to the pool of its address: each statement takes a connection out of the
//! pool for as long as it runs, so state of a session (a transaction, `SET`) does not outlive its statement.

#![expect(
    clippy::result_large_err,
    reason = "the interface's own error type is large, and errors are rare"
)]

mod address;
mod error;
mod host;
mod pool;
mod rows;
mod session;
mod tls;
mod values;

#[expect(unreachable_pub, reason = "the generated bindings re-export them")]
pub use host::{Connection, ConnectionBuilder};
pub(crate) use pool::{Limits, Pools};
