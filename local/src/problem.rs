//! The host's own answers, for requests that no component could answer: problem documents (RFC 9457).

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use uuid::Uuid;

/// The header that names a request in the log.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// Seconds after which it is worth trying again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Why a component did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// No route.
    NotFound,
    /// The body is too large.
    TooLarge,
    /// The body broke off, or is no body.
    BrokenBody,
    /// The body came too slowly.
    SlowBody,
    /// Too many requests.
    Busy,
    /// Too many connections.
    Crowded,
    /// The instance failed.
    Failed,
    /// The deadline has passed.
    TooSlow,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'static str,
    instance: &'a str,
}

impl Problem {
    fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Busy | Self::Crowded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooSlow => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::NotFound => "No route of the application matches this path.",
            Self::TooLarge => "The request's body is larger than the host accepts.",
            Self::BrokenBody => "The request's body broke off, or is not what its head says.",
            Self::SlowBody => "The request's body did not come in time.",
            Self::Busy => "Too many requests are being served. Try again later.",
            Self::Crowded => "Too many connections are open. Try again later.",
            Self::Failed => "The component failed while it served this request.",
            Self::TooSlow => "The component did not answer in time.",
        }
    }

    /// The answer to a request with the id `request_id`.
    pub(crate) fn response(self, request_id: &str) -> Response<Bytes> {
        let status = self.status();
        let document = Document {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.detail(),
            instance: request_id,
        };
        // Strings and a number: this cannot fail.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert(REQUEST_ID, id);
        }
        match self {
            Self::Busy | Self::Crowded => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER);
            }
            // What is left of the body is not read, so the connection cannot go on.
            Self::TooLarge | Self::BrokenBody | Self::SlowBody => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Self::NotFound | Self::Failed | Self::TooSlow => {}
        }
        response
    }

    /// The answer as HTTP/1.1, for a connection on which nothing has been read and nothing will be.
    pub(crate) fn message(self, request_id: &str) -> Vec<u8> {
        let response = self.response(request_id);
        let mut message = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
        for (name, value) in response.headers() {
            message.extend_from_slice(name.as_str().as_bytes());
            message.extend_from_slice(b": ");
            message.extend_from_slice(value.as_bytes());
            message.extend_from_slice(b"\r\n");
        }
        let end = format!("connection: close\r\ncontent-length: {}\r\n\r\n", response.body().len());
        message.extend_from_slice(end.as_bytes());
        message.extend_from_slice(response.body());
        message
    }
}

/// The id that the caller gave, if it is a sane one.
pub(crate) fn given_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    ((1..=128).contains(&id.len()) && id.bytes().all(sane)).then_some(id)
}

/// A new id.
pub(crate) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_happened_and_to_which_request() {
        let response = Problem::Busy.response("id-1");
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[REQUEST_ID], "id-1");
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        let document: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(document["status"], 503);
        assert_eq!(document["title"], "Service Unavailable");
        assert_eq!(document["instance"], "id-1");
    }

    #[test]
    fn only_sane_ids_are_taken_over() {
        let check = |id: &str, sane: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(id).unwrap());
            assert_eq!(given_id(&headers).is_some(), sane, "{id}");
        };
        check("a", true);
        check("A.b_c-1", true);
        check(&"x".repeat(128), true);
        check(&"x".repeat(129), false);
        check("", false);
        check("a b", false);
        check("a\"b", false);
        check("é", false);
    }
}
