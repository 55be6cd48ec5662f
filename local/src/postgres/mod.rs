//! `spin:postgres`: pooled connections to Postgres.
//!
//! A component's `connection` is only a handle to the pool of its address: each statement takes a connection out of the
//! pool for as long as it runs, so state of a session (a transaction, `SET`) does not outlive its statement. Where Spin is
//! to be imitated, it holds one connection of the pool for as long as it lives, and its statements take turns.

#![expect(
    clippy::result_large_err,
    reason = "the interface's own error type is large, and errors are rare"
)]

mod address;
mod error;
mod host;
mod lender;
mod pool;
mod rows;
mod session;
mod tls;
mod values;

#[expect(unreachable_pub, reason = "the generated bindings re-export them")]
pub use host::{Connection, ConnectionBuilder};
pub(crate) use pool::{Limits, Pools};
pub(crate) use session::Manner;
