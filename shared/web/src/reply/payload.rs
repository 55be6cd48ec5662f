//! Responses, as endpoints give them.

use http::{HeaderName, HeaderValue, StatusCode, header};
use runledger_store::Done;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Problem, Stream};

/// A response's body.
pub enum Content {
    /// All of it.
    Whole(Vec<u8>),
    /// Whatever comes.
    Streamed(Stream),
}

/// What the body of a response is made of.
pub trait Payload {
    /// The body's content type; none for a response without a body.
    const CONTENT_TYPE: Option<&'static str>;

    /// What this response says of its body, where that is not what all do.
    fn content_type(&self) -> Option<&'static str> {
        Self::CONTENT_TYPE
    }

    /// The status of this response, where that is not the endpoint's.
    fn status(&self) -> Option<StatusCode> {
        None
    }

    /// The body.
    fn into_content(self) -> Result<Content, Problem>;

    /// How the API's description shows it.
    #[cfg(not(target_family = "wasm"))]
    fn schema(document: &mut crate::openapi::Document) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>>;

    /// What else may come, another status or the usual one with another body: its status, content type and schema.
    #[cfg(not(target_family = "wasm"))]
    fn others(_: &mut crate::openapi::Document) -> Vec<crate::openapi::Other> {
        Vec::new()
    }
}

impl<T: Serialize + ToSchema> Payload for T {
    const CONTENT_TYPE: Option<&'static str> = Some("application/json");

    fn into_content(self) -> Result<Content, Problem> {
        let bytes = serde_json::to_vec(&self).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Content::Whole(bytes))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema(document: &mut crate::openapi::Document) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
        Some(document.schema::<T>())
    }
}

/// No body: 204.
pub struct NoContent;

impl Payload for NoContent {
    const CONTENT_TYPE: Option<&'static str> = None;

    fn into_content(self) -> Result<Content, Problem> {
        Ok(Content::Whole(Vec::new()))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema(_: &mut crate::openapi::Document) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
        None
    }
}

/// A response: its payload, and headers that go with it.
pub struct Reply<T> {
    pub(crate) payload: T,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl<T> Reply<T> {
    /// A response with this payload.
    pub const fn new(payload: T) -> Self {
        Self {
            payload,
            headers: Vec::new(),
        }
    }

    /// The response to a write, marked when it is a replay.
    pub fn done(done: Done<T>) -> Self {
        let mut reply = Self::new(done.value);
        if done.replayed {
            let name = HeaderName::from_static("idempotency-replayed");
            reply.headers.push((name, HeaderValue::from_static("true")));
        }
        reply
    }

    /// The same response with a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same response, which says where the new resource is.
    #[must_use]
    pub fn at(mut self, location: &str) -> Self {
        if let Ok(location) = HeaderValue::from_str(location) {
            self.headers.push((header::LOCATION, location));
        }
        self
    }
}
