//! The only place that knows SQL.
//!
//! Every statement has one shape: it takes one `jsonb` parameter and returns one row of one JSON text, `{"ok": …}` or why
//! not. One host call carries the whole request there and the whole answer back. A write is always one statement.
//!
//! A statement is a value: functions here take what they need and return a [`Read`] or a [`Write`], and do nothing. [`Db`] runs
//! them, and can put any write behind an idempotency key without the write knowing.
//!
//! Every function that reaches a person's rows takes a [`Scope`](runledger_models::Scope) or that person's
//! [`UserId`](runledger_models::UserId): there is no unscoped way in.

mod budget;
pub mod credits;
pub mod data;
mod db;
mod error;
pub mod events;
pub mod executions;
pub mod graphs;
pub mod health;
pub mod jobs;
mod keyset;
pub mod kv;
pub mod metrics;
pub mod monitors;
pub mod nodes;
pub mod pages;
mod predicates;
pub mod queue;
pub mod scoring;
pub mod shares;
mod statement;
mod stored;
pub mod summary;

pub use budget::Budget;
pub use db::{Db, Done, IdempotencyKey, Pool};
pub use error::Error;
pub use statement::{Read, Statement, Write};

/// What is answered where a record may not make the move that it was asked to make. Nothing is changed either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnIllegalMove {
    /// Why not.
    Refuse,
    /// The record as it stands.
    AnswerAsItIs,
}
