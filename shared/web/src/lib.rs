//! The only place that knows HTTP in and out: routing, extraction, identity, problem documents, paging.
//!
//! A function lists its [`Endpoint`]s in one route table and hands every request to [`serve`]. What an endpoint needs
//! (its path, query and body, who calls, whose rows that caller reaches) is declared as types, so that it arrives
//! parsed and authorised, and so that the API's description is made of the same types.

mod auth;
mod config;
mod extract;
pub mod health;
mod http;
mod ledger;
#[cfg(not(target_family = "wasm"))]
pub mod openapi;
pub mod page;
mod reply;
pub mod rpc;
mod schedule;
pub mod sse;

pub use auth::{
    Access, AdminOnly, AnyRole, Claims, Keys, MIN_SECRET_BYTES, OnBehalf, OneUser, Public, ServiceOnly, Trusted,
    named_scope, named_user,
};
pub use config::{Config, setting};
pub use extract::{
    Body, Cursor, Headers, JsonBody, List, MaybeToken, Names, NoParams, NumberCursor, One, Paging, Param, Params,
    Parts, Source, Unpack, read_json, time_range,
};
pub use http::{Call, Door, Endpoint, Route, serve};
pub use ledger::Ledger;
pub use reply::{Content, FieldError, Gone, NoContent, Payload, Problem, ProblemDocument, Reply, Sink, Stream, Whole};
pub use schedule::scheduled;

#[doc(hidden)]
pub use extract::field_name;
#[cfg(not(target_family = "wasm"))]
#[doc(hidden)]
pub use extract::parameter;
#[doc(hidden)]
pub use runledger_models;
#[doc(hidden)]
pub use serde;
#[doc(hidden)]
pub use serde_json;
#[doc(hidden)]
pub use utoipa;
