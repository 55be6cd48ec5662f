//! Errors as the caller sees them: `application/problem+json` (RFC 9457), with nothing in them that belongs in a log.

use http::{
    HeaderValue, StatusCode,
    header::{ACCEPT_ENCODING, ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE},
};
use runledger_models::{ExecutionStatus, Fault, StoredStatus};
use runledger_store::Error;
use serde::Serialize;
use utoipa::ToSchema;

/// Seconds after which a caller may try again when the database is out of reach.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("2");

/// What went wrong with a request. Boxed, since it is the rare half of every result.
#[derive(Debug, Clone)]
pub struct Problem(Box<Document>);

/// A problem document.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Document {
    /// The kind of problem, as a URI reference.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The kind of problem, in words.
    title: &'static str,
    /// The response's status code.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16)]
    pub(crate) status: StatusCode,
    /// What is wrong with this request.
    pub(crate) detail: String,
    /// The request's id.
    instance: String,
    /// What does not fit, one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldError>,
    /// For a move that the state machine does not allow: where the record stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_status: Option<StoredStatus>,
    /// For a move that the state machine does not allow: from where it would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<ExecutionStatus>>)]
    allowed_from: Option<&'static [ExecutionStatus]>,
    /// For a shortfall of credits: what there is to spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) balance: Option<i64>,
    /// For a shortfall of credits: what was to be spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<i64>,
    /// For a shortfall of credits in a method of the data service: whose.
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) user: Option<String>,
    /// For a method of the data service: the exception, where the status does not say it.
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) exception: Option<&'static str>,
    /// A header that goes with it.
    #[serde(skip)]
    #[schema(ignore)]
    header: Option<(HeaderName, HeaderValue)>,
    /// What the log has to know and the caller must not.
    #[serde(skip)]
    #[schema(ignore)]
    internal: Option<String>,
}

/// One part of a request that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where it is: a JSON pointer into the body, or `/query/<name>`, `/path/<name>`, `/headers/<name>`.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl From<Fault> for FieldError {
    fn from(Fault { pointer, detail }: Fault) -> Self {
        Self { pointer, detail }
    }
}

impl Document {
    /// The kind of problem, in words.
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// The response's status code.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// What is wrong with this request.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The request's id.
    pub fn request_id(&self) -> &str {
        &self.instance
    }

    /// What does not fit, one by one.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Document {
            kind,
            title,
            status,
            detail: detail.into(),
            instance: String::new(),
            errors: Vec::new(),
            current_status: None,
            allowed_from: None,
            balance: None,
            amount: None,
            user: None,
            exception: None,
            header: None,
            internal: None,
        }))
    }

    fn with(mut self, more: impl FnOnce(&mut Document)) -> Self {
        more(&mut self.0);
        self
    }

    /// 400: the body or the request itself cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "/problems/malformed",
            "Malformed request",
            detail,
        )
    }

    /// 401: no token, or one that does not hold.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "/problems/unauthorized",
            "Not authenticated",
            detail,
        )
        .with(|document| document.header = Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))))
    }

    /// 403: the route is for another role.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "/problems/forbidden", "Not allowed", detail)
    }

    /// 404: there is nothing here, or nothing that the caller may see.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "/problems/not-found", "Not found", detail)
    }

    /// 405: the path exists, with other methods.
    pub fn method_not_allowed(allow: &str) -> Self {
        let detail = format!("this path answers to {allow}");
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "/problems/method-not-allowed",
            "Method not allowed",
            detail,
        )
        .with(|document| document.header = HeaderValue::from_str(allow).ok().map(|allow| (ALLOW, allow)))
    }

    /// 409: it contradicts what is stored.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "/problems/conflict", "Conflict", detail)
    }

    /// 413: the body is larger than `max_body_bytes`.
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("the body is larger than {limit} bytes; send less at once");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "/problems/too-large",
            "Body too large",
            detail,
        )
    }

    /// 415: the body is of another type.
    pub fn unsupported_type(accepted: &str) -> Self {
        let detail = format!("send the body as {accepted}, and say so in Content-Type");
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "/problems/unsupported-media-type",
            "Unsupported media type",
            detail,
        )
    }

    /// 415: the body is packed in a way that the route does not take (RFC 9110, 15.5.16).
    pub(crate) fn unsupported_encoding(gzip: bool) -> Self {
        let accepted = if gzip { "gzip, identity" } else { "identity" };
        let detail = format!("the body's Content-Encoding is not one of: {accepted}");
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "/problems/unsupported-media-type",
            "Unsupported media type",
            detail,
        )
        .with(|document| document.header = Some((ACCEPT_ENCODING, HeaderValue::from_static(accepted))))
    }

    /// 422: well-formed, but it does not fit.
    pub fn invalid(errors: impl IntoIterator<Item = FieldError>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "/problems/invalid",
            "Invalid request",
            "the request does not fit; see errors",
        )
        .with(|document| document.errors = errors.into_iter().collect())
    }

    /// 422 for one part of the request.
    pub fn invalid_at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid([FieldError {
            pointer: pointer.into(),
            detail: detail.into(),
        }])
    }

    /// 500: our own fault. `internal` goes to the log.
    pub fn internal(internal: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "/problems/internal",
            "Internal error",
            "something went wrong on our side; the log has it under this request id",
        )
        .with(|document| document.internal = Some(internal.into()))
    }

    /// 500: a setting of the application cannot be used. Which one is for its operator.
    pub(crate) fn misconfigured() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "/problems/internal",
            "Internal error",
            "a setting of the application cannot be used; GET /api/health/ready and the log name it",
        )
    }

    /// 503: the database is out of reach. `internal` goes to the log.
    pub fn unavailable(internal: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/problems/unavailable",
            "Temporarily unavailable",
            "the database is out of reach; try again shortly",
        )
        .with(|document| {
            document.header = Some((RETRY_AFTER, RETRY_SECONDS));
            document.internal = Some(internal.into());
        })
    }

    /// 503: requests cannot be served as things stand, and why.
    pub fn not_ready(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/problems/not-ready",
            "Not ready",
            detail,
        )
        .with(|document| document.header = Some((RETRY_AFTER, RETRY_SECONDS)))
    }

    /// 503: what this needs was not configured.
    pub fn not_configured(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/problems/not-configured",
            "Not configured",
            detail,
        )
        .with(|document| document.header = Some((RETRY_AFTER, HeaderValue::from_static("60"))))
    }

    /// The same problem as a method of the data service raises it: with this status, under this exception's name.
    #[must_use]
    pub fn raised(self, status: StatusCode, exception: &'static str) -> Self {
        self.with(|document| {
            document.status = status;
            document.exception.get_or_insert(exception);
        })
    }

    /// The same problem, as one of this user's.
    #[must_use]
    pub fn of_user(self, user: &str) -> Self {
        self.with(|document| document.user = Some(user.to_owned()))
    }

    /// The response's status code.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What does not fit, one by one, if that is the problem.
    pub fn into_errors(self) -> Result<Vec<FieldError>, Self> {
        if self.0.errors.is_empty() {
            Err(self)
        } else {
            Ok(self.0.errors)
        }
    }

    /// What the log has to know.
    pub fn for_log(&self) -> Option<&str> {
        self.0.internal.as_deref()
    }

    /// A header that goes with it.
    pub(crate) fn header(&self) -> Option<&(HeaderName, HeaderValue)> {
        self.0.header.as_ref()
    }

    /// The document of one request's problem, for a response that has begun.
    pub fn into_json(self, request_id: &str) -> Vec<u8> {
        // A document has nothing in it that cannot be written.
        serde_json::to_vec(&self.into_document(request_id)).unwrap_or_default()
    }

    /// The document of one request's problem.
    pub(crate) fn into_document(mut self, request_id: &str) -> Document {
        request_id.clone_into(&mut self.0.instance);
        *self.0
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::invalid([fault.into()])
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Missing => Self::not_found("there is no such record"),
            Error::Nothing => Self::not_found("there is nothing to take"),
            Error::IllegalMove { current, to } => {
                let detail = format!("a record that is {} cannot become {}", current.as_str(), to.as_str());
                Self::new(StatusCode::CONFLICT, "/problems/illegal-move", "Illegal move", detail).with(|document| {
                    document.current_status = Some(current);
                    document.allowed_from = Some(to.allowed_from());
                })
            }
            Error::Invalid(faults) => Self::invalid(faults.into_iter().map(FieldError::from)),
            Error::Conflict(why) => Self::conflict(why),
            Error::Shortfall { balance, amount } => {
                let detail = format!("there are {balance} credits to spend, and {amount} are wanted");
                Self::new(
                    StatusCode::PAYMENT_REQUIRED,
                    "/problems/shortfall",
                    "Not enough credits",
                    detail,
                )
                .with(|document| {
                    document.balance = Some(balance);
                    document.amount = Some(amount);
                })
            }
            Error::KeyReused => Self::invalid_at(
                "/headers/idempotency-key",
                "was used before for another request; take a new key for a new request",
            ),
            Error::Unavailable(internal) => Self::unavailable(internal),
            Error::Internal(internal) => Self::internal(internal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_illegal_move_names_where_the_record_stands_and_from_where_it_would_be_allowed() {
        let error = Error::IllegalMove {
            current: ExecutionStatus::Failed.into(),
            to: ExecutionStatus::Completed,
        };
        let document = serde_json::to_value(Problem::from(error).into_document("r1")).unwrap();
        assert_eq!(document["status"], 409);
        assert_eq!(document["current_status"], "FAILED");
        assert_eq!(document["allowed_from"], serde_json::json!(["RUNNING"]));
        assert_eq!(document["instance"], "r1");
    }

    #[test]
    fn what_belongs_in_the_log_is_not_in_the_document() {
        for error in [
            Error::Unavailable("host db.internal".into()),
            Error::Internal("SELECT secret".into()),
        ] {
            let problem = Problem::from(error);
            let document = serde_json::to_string(&problem.clone().into_document("r1")).unwrap();
            assert!(problem.for_log().is_some());
            assert!(
                !document.contains("db.internal") && !document.contains("SELECT"),
                "{document}"
            );
        }
    }
}
