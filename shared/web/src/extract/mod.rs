//! What requests hold, as types: bodies, parameters, pages, headers, the key of a write.

pub(crate) mod body;
mod headers;
pub(crate) mod idempotency;
mod json;
mod paging;
mod params;
mod token;

pub use body::{Body, JsonBody, Parts, Unpack, read_json};
pub use headers::Headers;
pub use paging::{Cursor, NumberCursor, Paging};
#[cfg(not(target_family = "wasm"))]
pub use params::parameter;
pub use params::{List, Names, NoParams, One, Param, Params, Source, field_name, time_range};
pub use token::MaybeToken;
