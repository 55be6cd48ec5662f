//! Parameters and headers that only this function has.

use http::HeaderMap;
use runledger_models::Id;
use runledger_web::{Headers, Param, Problem};

/// One thing by its id, or all of them: `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OneOrAll(pub(crate) Option<Id>);

impl Param for OneOrAll {
    const REQUIRED: bool = false;

    fn parse(texts: &[String]) -> Result<Self, String> {
        match texts {
            [all] if all == "*" => Ok(Self(None)),
            texts => <Id as Param>::parse(texts).map(Some).map(Self),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self(None))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        <Id as Param>::schema()
    }
}

/// The number of an event; 0 stands before all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventNumber(pub(crate) i64);

impl EventNumber {
    fn read(text: &str) -> Result<Self, String> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number
            .map(Self)
            .ok_or_else(|| "is not the number of an event".to_owned())
    }
}

impl Param for EventNumber {
    fn parse(texts: &[String]) -> Result<Self, String> {
        match texts {
            [text] => Self::read(text),
            _ => Err("is given more than once".to_owned()),
        }
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::Integer)
            .minimum(Some(0))
            .into()
    }
}

/// The last event that a reader has seen, if it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LastEventId(pub(crate) Option<EventNumber>);

impl Headers for LastEventId {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let sent = headers.get("last-event-id");
        let number = sent.map(|id| EventNumber::read(&String::from_utf8_lossy(id.as_bytes())));
        let number = number.transpose();
        number
            .map(Self)
            .map_err(|detail| Problem::invalid_at("/headers/last-event-id", detail))
    }

    #[cfg(not(target_family = "wasm"))]
    fn describe() -> Vec<utoipa::openapi::path::Parameter> {
        use utoipa::openapi::{ObjectBuilder, Required, Type};
        let docs = "The last event that was received: the stream goes on after it.";
        let number = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9]{1,18}$"));
        vec![runledger_web::openapi::header(
            "Last-Event-ID",
            docs,
            Required::False,
            number.into(),
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_events_are_digits() {
        for (text, number) in [
            ("0", Some(0)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("-1", None),
            ("+1", None),
            ("", None),
            ("1.0", None),
            ("x", None),
        ] {
            assert_eq!(EventNumber::read(text).ok(), number.map(EventNumber), "{text}");
        }
    }

    #[test]
    fn a_star_stands_for_all() {
        let parse = |text: &str| OneOrAll::parse(&[text.to_owned()]).ok();
        assert_eq!(parse("*"), Some(OneOrAll(None)));
        assert_eq!(parse("a").unwrap().0.unwrap().as_str(), "a");
        assert_eq!(parse(""), None);
    }
}
