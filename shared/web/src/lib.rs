//! The only place that knows HTTP in and out: routing, extraction, identity, problem documents, paging.
//!
//! A function lists its [`Endpoint`]s in one route table and hands every request to [`serve`]. What an endpoint needs
//! (its path, query and body, who calls, whose rows that caller reaches) is declared as types, so that it arrives
//! parsed and authorised, and so that the API's description is made of the same types.

mod access;
mod body;
mod config;
mod endpoint;
mod form;
mod idempotency;
mod identity;
mod json;
mod ledger;
mod metrics;
#[cfg(not(target_family = "wasm"))]
pub mod openapi;
mod paging;
mod params;
mod problem;
mod reply;
mod request_id;
mod router;
pub mod rpc;
mod schedule;
mod serve;
mod signatures;
pub mod sse;
mod stream;
mod whole;

pub use access::{
    Access, AdminOnly, AnyRole, OnBehalf, OneUser, Public, ServiceOnly, Trusted, named_scope, named_user,
};
pub use body::{Body, JsonBody, Parts, Unpack, read_json};
pub use config::{Config, setting};
pub use endpoint::{Call, Endpoint, Route};
pub use form::Form;
pub use identity::{Claims, Keys, MIN_SECRET_BYTES};
pub use ledger::Ledger;
pub use paging::{Cursor, NumberCursor, Paging};
pub use params::{Bounded, List, Names, NoParams, One, Param, Params, Source, time_range};
pub use problem::{Document as ProblemDocument, FieldError, Problem};
pub use reply::{Content, NoContent, Payload, Reply};
pub use schedule::scheduled;
pub use serve::serve;
pub use stream::{Gone, Sink, Stream};
pub use whole::Whole;

#[doc(hidden)]
pub use params::field_name;
#[doc(hidden)]
pub use utoipa;
