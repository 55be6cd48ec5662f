//! Request headers that only some endpoints read: declared beside the body, and described by the same type.

use http::HeaderMap;

use super::{Body, Parts, Unpack};
use crate::Problem;

/// What an endpoint reads from a request's headers. It is declared in front of the body: `type Body = (LastEventId, ());`.
pub trait Headers: Sized {
    /// Reads it from the request's headers.
    fn read(headers: &HeaderMap) -> Result<Self, Problem>;

    /// How the API's description shows them.
    #[cfg(not(target_family = "wasm"))]
    fn describe() -> Vec<utoipa::openapi::path::Parameter>;
}

/// Both.
impl<H: Headers, B: Body> Body for (H, B) {
    const EXPECTED: bool = B::EXPECTED;
    const UNPACK: Option<Unpack> = B::UNPACK;

    fn read(parts: &Parts<'_>) -> Result<Self, Problem> {
        Ok((H::read(parts.headers)?, B::read(parts)?))
    }

    #[cfg(not(target_family = "wasm"))]
    fn describe(document: &mut crate::openapi::Document) -> Option<utoipa::openapi::request_body::RequestBody> {
        B::describe(document)
    }

    #[cfg(not(target_family = "wasm"))]
    fn headers() -> Vec<utoipa::openapi::path::Parameter> {
        [H::describe(), B::headers()].concat()
    }
}
