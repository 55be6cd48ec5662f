//! In which form a request whose work may be long wants its answer.

use http::{HeaderMap, header};
use runledger_web::{Headers, Problem};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// All of it, when the work is done.
    Whole,
    /// Server-sent events while it goes on (`Accept: text/event-stream`).
    Streamed,
    /// Where to look for it later (RFC 7240, `Prefer: respond-async`).
    Later,
}

impl Form {
    /// The form that the headers ask for.
    fn of(headers: &HeaderMap) -> Self {
        let has = |name, wanted: &str| {
            headers
                .get_all(name)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .filter_map(|part| part.split(';').next())
                .any(|part| part.trim().eq_ignore_ascii_case(wanted))
        };
        if has(header::HeaderName::from_static("prefer"), "respond-async") {
            Self::Later
        } else if has(header::ACCEPT, "text/event-stream") {
            Self::Streamed
        } else {
            Self::Whole
        }
    }
}

impl Headers for Form {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self::of(headers))
    }

    /// `Accept` is described by the content types of the answer.
    #[cfg(not(target_family = "wasm"))]
    fn describe() -> Vec<utoipa::openapi::path::Parameter> {
        use utoipa::openapi::{ObjectBuilder, Required, Type};
        let docs = "With `respond-async` the work goes on by itself, and the answer says where to look for it.";
        let text = ObjectBuilder::new().schema_type(Type::String);
        vec![runledger_web::openapi::header(
            "Prefer",
            docs,
            Required::False,
            text.into(),
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_choose_the_form() {
        for (name, value, form) in [
            ("accept", "application/json", Form::Whole),
            ("accept", "application/json, Text/Event-Stream;q=0.9", Form::Streamed),
            ("prefer", "wait=5, respond-async", Form::Later),
            ("prefer", "return=minimal", Form::Whole),
            ("x-other", "respond-async", Form::Whole),
        ] {
            let headers = HeaderMap::from_iter([(
                header::HeaderName::from_static(name),
                header::HeaderValue::from_static(value),
            )]);
            assert_eq!(Form::of(&headers), form, "{name}: {value}");
        }
    }
}
