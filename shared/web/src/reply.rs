//! Responses, as endpoints give them.

use std::marker::PhantomData;

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

/// Bodies whose text is there already.
macro_rules! texts {
    ($($(#[$documentation:meta])* $name:ident($text:ty): $content_type:literal, $schema:ident;)*) => {$(
        $(#[$documentation])*
        pub struct $name(pub $text);

        impl Payload for $name {
            const CONTENT_TYPE: Option<&'static str> = Some($content_type);

            fn into_content(self) -> Result<Content, Problem> {
                Ok(Content::Whole(self.0.into()))
            }

            #[cfg(not(target_family = "wasm"))]
            fn schema(_: &mut crate::openapi::Document) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
                let schema = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::$schema);
                Some(schema.into())
            }
        }
    )*};
}

texts! {
    /// A page for people, as it is.
    Html(&'static str): "text/html; charset=utf-8", String;
    /// Numbers in Prometheus' text format.
    Exposition(String): "text/plain; version=0.0.4; charset=utf-8", String;
    /// A JSON object.
    JsonText(&'static str): "application/json", Object;
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

/// A body, or none: then the status is 204.
pub struct Maybe<T>(pub Option<T>);

impl<T: Payload> Payload for Maybe<T> {
    const CONTENT_TYPE: Option<&'static str> = T::CONTENT_TYPE;

    fn content_type(&self) -> Option<&'static str> {
        self.0.as_ref().and_then(Payload::content_type)
    }

    fn status(&self) -> Option<StatusCode> {
        self.0.is_none().then_some(StatusCode::NO_CONTENT)
    }

    fn into_content(self) -> Result<Content, Problem> {
        self.0
            .map_or_else(|| Ok(Content::Whole(Vec::new())), Payload::into_content)
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema(document: &mut crate::openapi::Document) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
        T::schema(document)
    }

    #[cfg(not(target_family = "wasm"))]
    fn others(_: &mut crate::openapi::Document) -> Vec<crate::openapi::Other> {
        vec![(StatusCode::NO_CONTENT, None)]
    }
}

/// What the events of a stream hold as their data.
pub trait Kinds: ToSchema {
    /// The kinds of events.
    const KINDS: &'static [&'static str];
}

/// The answer to a request whose work may be long, in the [`Form`](crate::Form) that was asked for.
pub enum Long<Report, Event, Job> {
    /// The report, written when the work is done; the response begins before.
    Whole(Stream, PhantomData<(Report, Event)>),
    /// Server-sent events as it goes on, of which the last is the report.
    Streamed(Stream),
    /// 202: what the work is known as, while it goes on by itself.
    Later(Job),
}

impl<Report, Event, Job> Payload for Long<Report, Event, Job>
where
    Report: ToSchema,
    Event: Kinds,
    Job: Serialize + ToSchema,
{
    const CONTENT_TYPE: Option<&'static str> = Some("application/json");

    fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Whole(..) | Self::Later(_) => Self::CONTENT_TYPE,
            Self::Streamed(_) => Stream::CONTENT_TYPE,
        }
    }

    fn status(&self) -> Option<StatusCode> {
        matches!(self, Self::Later(_)).then_some(StatusCode::ACCEPTED)
    }

    fn into_content(self) -> Result<Content, Problem> {
        match self {
            Self::Whole(stream, _) | Self::Streamed(stream) => Ok(Content::Streamed(stream)),
            Self::Later(job) => job.into_content(),
        }
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema(document: &mut crate::openapi::Document) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
        Some(document.schema::<Report>())
    }

    #[cfg(not(target_family = "wasm"))]
    fn others(document: &mut crate::openapi::Document) -> Vec<crate::openapi::Other> {
        let job = document.schema::<Job>();
        let event = document.event::<Event>(Event::KINDS);
        vec![
            (StatusCode::OK, Some(("text/event-stream", event))),
            (StatusCode::ACCEPTED, Some(("application/json", job))),
        ]
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
