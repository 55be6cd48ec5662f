//! The responses of the API's description, and the headers that they carry.

use std::collections::BTreeSet;

use http::StatusCode;
use runledger_models::Role;
use utoipa::openapi::{
    ComponentsBuilder, Content, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
    extensions::ExtensionsBuilder,
    header::{Header, HeaderBuilder},
};

use super::document::{Document, text};
use crate::{Access, Body, Endpoint, Payload, http::endpoint::writes, sse};

/// A header of responses, described once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carried {
    RequestId,
    TraceParent,
    CacheControl,
    ETag,
    Location,
    IdempotencyReplayed,
    WwwAuthenticate,
    RetryAfter,
    RetryAfterUnavailable,
    XAccelBuffering,
}

impl Carried {
    const ALL: [Self; 10] = [
        Self::RequestId,
        Self::TraceParent,
        Self::CacheControl,
        Self::ETag,
        Self::Location,
        Self::IdempotencyReplayed,
        Self::WwwAuthenticate,
        Self::RetryAfter,
        Self::RetryAfterUnavailable,
        Self::XAccelBuffering,
    ];

    /// Its name in HTTP, and its name among the components.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::RequestId => ("X-Request-Id", "RequestId"),
            Self::TraceParent => ("traceparent", "TraceParent"),
            Self::CacheControl => ("Cache-Control", "CacheControl"),
            Self::ETag => ("ETag", "ETag"),
            Self::Location => ("Location", "Location"),
            Self::IdempotencyReplayed => ("Idempotency-Replayed", "IdempotencyReplayed"),
            Self::WwwAuthenticate => ("WWW-Authenticate", "WwwAuthenticate"),
            Self::RetryAfter => ("Retry-After", "RetryAfter"),
            Self::RetryAfterUnavailable => ("Retry-After", "RetryAfterUnavailable"),
            Self::XAccelBuffering => ("X-Accel-Buffering", "XAccelBuffering"),
        }
    }

    /// Whether it is there whenever the response is.
    const fn always(self) -> bool {
        !matches!(self, Self::IdempotencyReplayed | Self::RetryAfterUnavailable)
    }

    fn schema(self) -> ObjectBuilder {
        match self {
            Self::RequestId => text().pattern(Some("^[A-Za-z0-9._-]{1,128}$")),
            Self::TraceParent => text().pattern(Some("^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")),
            Self::CacheControl => text().enum_values(Some(["private, no-cache"])),
            Self::ETag => text().pattern(Some("^\"[A-Za-z0-9_-]+\"$")),
            Self::Location => text().pattern(Some("^/api/")),
            Self::IdempotencyReplayed => text().enum_values(Some(["true"])),
            Self::WwwAuthenticate => text().enum_values(Some(["Bearer"])),
            Self::RetryAfter | Self::RetryAfterUnavailable => text().pattern(Some("^[0-9]+$")),
            Self::XAccelBuffering => text().enum_values(Some(["no"])),
        }
    }

    const fn docs(self) -> &'static str {
        match self {
            Self::RequestId => "The request's id: the caller's, if it sent a usable one.",
            Self::TraceParent => {
                "The request's place in a trace (W3C Trace Context): the caller's trace, if it sent one."
            }
            Self::CacheControl => "A caller may keep the answer, and has to ask whether it still holds.",
            Self::ETag => "Stands for this very body; goes into `If-None-Match`.",
            Self::Location => "Where that which was made is.",
            Self::IdempotencyReplayed => {
                "There when the answer is that of an earlier request with the same `Idempotency-Key`."
            }
            Self::WwwAuthenticate => "That a token is wanted.",
            Self::RetryAfter => "Seconds after which to try again.",
            Self::RetryAfterUnavailable => "Seconds after which to try again; there when the database is out of reach.",
            Self::XAccelBuffering => "Has proxies pass on what comes as it comes.",
        }
    }

    fn describe(self) -> Header {
        // utoipa knows no `required` here; `runledger-openapi` makes it of this.
        let required = ExtensionsBuilder::new().add("x-required", true).build();
        HeaderBuilder::new()
            .schema(Some(self.schema()))
            .description(Some(self.docs()))
            .extensions(self.always().then_some(required))
            .build()
    }
}

/// A problem: its status, its name among the components, and the header that goes with it.
struct ResponseKind(StatusCode, &'static str, Option<Carried>);

const KINDS: [ResponseKind; 11] = [
    ResponseKind(StatusCode::BAD_REQUEST, "BadRequest", None),
    ResponseKind(StatusCode::UNAUTHORIZED, "Unauthorized", Some(Carried::WwwAuthenticate)),
    ResponseKind(StatusCode::PAYMENT_REQUIRED, "PaymentRequired", None),
    ResponseKind(StatusCode::FORBIDDEN, "Forbidden", None),
    ResponseKind(StatusCode::NOT_FOUND, "NotFound", None),
    ResponseKind(StatusCode::CONFLICT, "Conflict", None),
    ResponseKind(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", None),
    ResponseKind(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", None),
    ResponseKind(StatusCode::UNPROCESSABLE_ENTITY, "UnprocessableEntity", None),
    ResponseKind(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", None),
    ResponseKind(
        StatusCode::SERVICE_UNAVAILABLE,
        "ServiceUnavailable",
        Some(Carried::RetryAfter),
    ),
];

/// How errors are told: as problem documents, or as exceptions.
const PROBLEM: (&str, &str, &str) = ("", "Problem", "application/problem+json");
const EXCEPTION: (&str, &str, &str) = ("Remote", "RemoteCallError", "application/json");

/// Adds the headers, and the responses that operations share.
pub(super) fn shared(mut components: ComponentsBuilder) -> ComponentsBuilder {
    for header in Carried::ALL {
        components = components.header(header.names().1, header.describe());
    }
    for ResponseKind(status, name, header) in &KINDS {
        let mut problem = failure(*status, &PROBLEM);
        let mut exception = failure(*status, &EXCEPTION);
        if let Some(header) = header {
            problem = carrying(problem, *header);
            exception = carrying(exception, *header);
        }
        if *status == StatusCode::INTERNAL_SERVER_ERROR {
            exception = carrying(exception, Carried::RetryAfterUnavailable);
        }
        components = components.response(*name, problem.build());
        if REMOTE.contains(status) {
            components = components.response(format!("{}{name}", EXCEPTION.0), exception.build());
        }
    }
    components
}

/// The statuses with which a method of the data service raises exceptions.
const REMOTE: [StatusCode; 6] = [
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::INTERNAL_SERVER_ERROR,
];

fn failure(status: StatusCode, (_, schema, content_type): &(&str, &str, &str)) -> ResponseBuilder {
    plain(status).content(*content_type, Content::new(Some(Ref::from_schema_name(*schema))))
}

/// A response with what all responses carry.
fn plain(status: StatusCode) -> ResponseBuilder {
    let response = ResponseBuilder::new().description(status.canonical_reason().unwrap_or_default());
    [Carried::RequestId, Carried::TraceParent, Carried::CacheControl]
        .into_iter()
        .fold(response, carrying)
}

fn carrying(response: ResponseBuilder, header: Carried) -> ResponseBuilder {
    let (name, component) = header.names();
    response.header_ref(name, Ref::new(format!("#/components/headers/{component}")))
}

/// Every response of an endpoint, by its status.
pub(super) fn of<E: Endpoint>(document: &mut Document) -> Vec<(String, RefOr<Response>)> {
    let replayable = writes::<E>() && !<E::Access as Access>::ROLES.is_empty();
    let successful = |status: StatusCode, body| {
        let mut response = plain(status);
        if let Some((content_type, schema)) = body {
            response = response.content(content_type, Content::new(Some(schema)));
        }
        if replayable {
            response = carrying(response, Carried::IdempotencyReplayed);
        }
        response
    };
    let body = E::Reply::CONTENT_TYPE.zip(E::Reply::schema(document));
    let mut success = successful(E::STATUS, body);
    if E::CONDITIONAL {
        success = carrying(success, Carried::ETag);
    }
    if E::LOCATED {
        success = carrying(success, Carried::Location);
    }
    if E::Reply::CONTENT_TYPE == Some(sse::CONTENT_TYPE) {
        success = carrying(success, Carried::XAccelBuffering);
    }
    let mut responses = Vec::new();
    for (status, body) in E::Reply::others(document) {
        match body {
            Some((content_type, schema)) if status == E::STATUS => {
                success = success.content(content_type, Content::new(Some(schema)));
            }
            body => {
                let mut other = successful(status, body);
                if status == StatusCode::ACCEPTED {
                    other = carrying(other, Carried::Location);
                }
                responses.push((status.as_str().to_owned(), other.build().into()));
            }
        }
    }
    responses.insert(0, (E::STATUS.as_str().to_owned(), success.build().into()));
    if E::CONDITIONAL {
        responses.push((
            StatusCode::NOT_MODIFIED.as_str().to_owned(),
            carrying(plain(StatusCode::NOT_MODIFIED), Carried::ETag).build().into(),
        ));
    }
    let (prefix, ..) = if E::DOOR.platform_source().is_some() {
        EXCEPTION
    } else {
        PROBLEM
    };
    for ResponseKind(status, name, _) in problems::<E>() {
        let response = Ref::from_response_name(format!("{prefix}{name}"));
        responses.push((status.as_str().to_owned(), response.into()));
    }
    responses
}

/// The problems that an endpoint may answer with.
fn problems<E: Endpoint>() -> impl Iterator<Item = &'static ResponseKind> {
    let roles = <E::Access as Access>::ROLES;
    // Parameters that are unknown are refused everywhere.
    let always = [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::INTERNAL_SERVER_ERROR];
    let mut statuses: BTreeSet<_> = E::PROBLEMS.iter().copied().chain(always).collect();
    if !roles.is_empty() {
        statuses.extend([StatusCode::UNAUTHORIZED, StatusCode::SERVICE_UNAVAILABLE]);
        if roles != Role::ALL {
            statuses.insert(StatusCode::FORBIDDEN);
        }
    }
    if E::Body::EXPECTED {
        statuses.extend([
            StatusCode::BAD_REQUEST,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ]);
    }
    if E::DOOR.platform_source().is_some() {
        // What does not fit raises a ValueError; what goes wrong inside raises others.
        statuses.retain(|status| REMOTE.contains(status));
    }
    KINDS
        .iter()
        .filter(move |ResponseKind(status, ..)| statuses.contains(status))
}
