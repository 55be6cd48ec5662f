//! Request bodies: read up to a limit, checked, and turned into what an endpoint declares.

use std::fmt::Display;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use runledger_models::{Fault, fault::escape};
use serde::de::{DeserializeOwned, IgnoredAny};
use utoipa::ToSchema;

use super::json;
use crate::Problem;

/// The parts of a request from which a body is read.
pub struct Parts<'a> {
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub bytes: &'a Bytes,
}

/// A request body, as an endpoint declares it.
pub trait Body: Sized {
    /// Whether the request has a body that has to be read at all.
    const EXPECTED: bool = true;
    /// What unpacks a body that was sent with `Content-Encoding: gzip`, where such a one is taken.
    const UNPACK: Option<Unpack> = None;

    /// Reads it from the request.
    fn read(parts: &Parts<'_>) -> Result<Self, Problem>;

    /// How the API's description shows it.
    #[cfg(not(target_family = "wasm"))]
    fn describe(document: &mut crate::openapi::Document) -> Option<utoipa::openapi::request_body::RequestBody>;

    /// How the API's description shows the [headers](super::Headers) that are read with it.
    #[cfg(not(target_family = "wasm"))]
    fn headers() -> Vec<utoipa::openapi::path::Parameter> {
        Vec::new()
    }
}

/// Unpacks a body, up to so many bytes.
pub type Unpack = fn(&[u8], usize) -> Result<Bytes, Problem>;

/// Whether the body is packed in a way that can be undone: `None` where it is not packed.
pub(crate) fn unpacker(headers: &HeaderMap, unpack: Option<Unpack>) -> Result<Option<Unpack>, Problem> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let (encoding, several) = (encodings.next(), encodings.next().is_some());
    let Some(encoding) = encoding else { return Ok(None) };
    let encoding = encoding.to_str().unwrap_or_default().trim().to_ascii_lowercase();
    match (encoding.as_str(), unpack) {
        ("identity", _) if !several => Ok(None),
        ("gzip" | "x-gzip", Some(unpack)) if !several => Ok(Some(unpack)),
        _ => Err(Problem::unsupported_encoding(unpack.is_some())),
    }
}

/// No body. What is sent all the same is not read.
impl Body for () {
    const EXPECTED: bool = false;

    fn read(_: &Parts<'_>) -> Result<Self, Problem> {
        Ok(())
    }

    #[cfg(not(target_family = "wasm"))]
    fn describe(_: &mut crate::openapi::Document) -> Option<utoipa::openapi::request_body::RequestBody> {
        None
    }
}

/// A body that is one JSON object.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned + ToSchema> Body for JsonBody<T> {
    fn read(parts: &Parts<'_>) -> Result<Self, Problem> {
        if !has_type(parts.headers, "application/json") {
            return Err(Problem::unsupported_type("application/json"));
        }
        // A derived implementation alone would also take an array of the fields.
        if parts.bytes.trim_ascii_start().starts_with(b"[") {
            read_json::<IgnoredAny>(parts.bytes, "")?;
            return Err(Problem::invalid_at("", "must be an object"));
        }
        read_json(parts.bytes, "").map(Self)
    }

    #[cfg(not(target_family = "wasm"))]
    fn describe(document: &mut crate::openapi::Document) -> Option<utoipa::openapi::request_body::RequestBody> {
        Some(crate::openapi::body::<T>(document, "application/json"))
    }
}

/// A body that may be left out.
impl<T: DeserializeOwned + ToSchema> Body for Option<JsonBody<T>> {
    fn read(parts: &Parts<'_>) -> Result<Self, Problem> {
        if parts.bytes.is_empty() {
            return Ok(None);
        }
        JsonBody::read(parts).map(Some)
    }

    #[cfg(not(target_family = "wasm"))]
    fn describe(document: &mut crate::openapi::Document) -> Option<utoipa::openapi::request_body::RequestBody> {
        let mut body = crate::openapi::body::<T>(document, "application/json");
        body.required = Some(utoipa::openapi::Required::False);
        Some(body)
    }
}

/// Whether a request says that its body is of this type, with or without parameters.
pub(crate) fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(wanted))
}

impl Parts<'_> {
    /// Whether the request says that its body is of this type.
    pub fn has_type(&self, wanted: &str) -> bool {
        has_type(self.headers, wanted)
    }
}

/// Reads JSON text. `at` is where the text stands within the body, as a JSON pointer.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8], at: &str) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::malformed("the body is not UTF-8"))?;
    json::check(text).map_err(|refused| Problem::invalid_at(at, refused.detail()))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| refuse(text, at, &error))?;
    deserializer
        .end()
        .map_err(|error| Problem::malformed(format!("the body is not JSON: {error}")))?;
    Ok(value)
}

/// What is wrong with a text that could not be read.
fn refuse(text: &str, at: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    // The first thing that does not fit may come before the place where the text stops being JSON.
    if let Err(malformed) = serde_json::from_str::<IgnoredAny>(text) {
        return Problem::malformed(format!("the body is not JSON: {malformed}"));
    }
    let inner = error.inner();
    // Of a value that no reader took, serde_json only says that it expected another.
    let message = if inner.is_data() {
        inner.to_string()
    } else {
        "is of another type, or too large".to_owned()
    };
    misfit(format!("{at}{}", pointer(error.path())), &message)
}

/// JSON that is not what was asked for: where, and why.
fn misfit(mut pointer: String, message: &str) -> Problem {
    // The place in the text helps nobody who has the pointer.
    let detail = message.rsplit_once(" at line ").map_or(message, |(detail, _)| detail);
    // For a field that is missing or unknown, the path ends at the object around it.
    let named = ["missing field `", "unknown field `"]
        .into_iter()
        .find_map(|prefix| detail.strip_prefix(prefix));
    if let Some((field, _)) = named.and_then(|rest| rest.split_once('`')) {
        let field = format!("/{}", escape(field));
        if !pointer.ends_with(&field) {
            pointer.push_str(&field);
        }
    }
    let fault = Fault::of_error(detail);
    Problem::invalid_at(pointer + &fault.pointer, fault.detail)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { variant } => format!("/{}", escape(variant)),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// How many times its limit a body may be too large and still be read to its end.
const PATIENCE: usize = 4;

/// Reads a whole body, up to `limit` bytes. What is too large is read on for a while and thrown away, since whoever is
/// still sending does not see the answer.
pub(crate) async fn collect<B>(headers: &HeaderMap, mut body: B, limit: usize) -> Result<Bytes, Problem>
where
    B: http_body::Body<Data = Bytes, Error: Display> + Unpin,
{
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let mut whole = BytesMut::new();
    let mut read = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Problem::malformed(format!("the body broke off: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        read += data.len();
        if read > limit.saturating_mul(PATIENCE) {
            break;
        }
        if read > limit {
            whole.clear();
            continue;
        }
        if announced == Some(data.len()) {
            return Ok(data);
        }
        whole.extend_from_slice(&data);
    }
    if read > limit {
        Err(Problem::too_large(limit))
    } else {
        Ok(whole.freeze())
    }
}

#[cfg(test)]
mod tests {
    use runledger_models::{Change, Id, NewExecution, NodeChange, bounded::Several, json::Record};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read counts here")]
    struct Sample {
        a: i32,
        b: Option<Vec<i32>>,
    }

    #[test]
    fn what_does_not_fit_is_pointed_at() {
        for (text, status, pointer) in [
            ("{", 400, None),
            ("", 400, None),
            (r#"{"a":1} x"#, 400, None),
            (r#"{"a":"x""#, 400, None),
            (r#"{"a":1e400}"#, 422, Some("/a")),
            (r#"{"a":"x"}"#, 422, Some("/a")),
            ("{}", 422, Some("/a")),
            (r#"{"a":1,"c":2}"#, 422, Some("/c")),
            (r#"{"a":1,"b":[1,"x"]}"#, 422, Some("/b/1")),
            ("[1]", 422, Some("")),
            (r#"{"a":1,"b":["\u0000"]}"#, 422, Some("")),
        ] {
            let problem = read_json::<Record<Sample>>(text.as_bytes(), "").unwrap_err();
            assert_eq!(problem.status().as_u16(), status, "{text}");
            let document = serde_json::to_value(problem.into_document("")).unwrap();
            assert_eq!(document["errors"][0]["pointer"].as_str(), pointer, "{text}");
        }
    }

    #[test]
    fn a_rule_between_members_says_where_it_is_broken() {
        fn check<T: DeserializeOwned>(text: &str, pointer: &str) {
            let Err(problem) = read_json::<T>(text.as_bytes(), "/3") else {
                panic!("{text} fits");
            };
            let errors = problem.into_errors().unwrap();
            assert_eq!(errors[0].pointer, format!("/3{pointer}"), "{text}");
        }
        check::<Change>("{}", "");
        check::<Change>(r#"{"status":"INCOMPLETE"}"#, "/status");
        check::<Change>(r#"{"stats":{"cost":"much"}}"#, "/stats/cost");
        check::<Change>(r#"{"stats":{"duration":1,"walltime":1}}"#, "/stats/walltime");
        check::<NodeChange>(r#"{"status":"QUEUED"}"#, "/execution_data");
        check::<NodeChange>(r#"{"status":"INCOMPLETE","execution_data":{}}"#, "/status");
        check::<NewExecution>(r#"{"graph_version":2147483648}"#, "/graph_version");
        check::<NewExecution>(
            r#"{"graph_version":1,"inputs":{},"starting_nodes_input":[{"node_id":"","input":{}}]}"#,
            "/starting_nodes_input/0/node_id",
        );
        check::<Several<Id, 1, 2>>("[]", "");
    }

    #[test]
    fn an_encoding_that_is_not_taken_is_refused_with_those_that_are() {
        let headers = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CONTENT_ENCODING, http::HeaderValue::from_static(value));
            }
            headers
        };
        let gzip: Option<Unpack> = Some(|packed, _| Ok(Bytes::copy_from_slice(packed)));
        for (values, unpack, packed) in [
            (&[] as &[_], None, Some(false)),
            (&["identity"], None, Some(false)),
            (&["gzip"], None, None),
            (&["gzip"], gzip, Some(true)),
            (&["X-GZIP"], gzip, Some(true)),
            (&["br"], gzip, None),
            (&["gzip, gzip"], gzip, None),
            (&["gzip", "gzip"], gzip, None),
            (&[""], gzip, None),
        ] {
            let found = unpacker(&headers(values), unpack);
            assert_eq!(found.ok().map(|found| found.is_some()), packed, "{values:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_malformed() {
        assert_eq!(read_json::<i32>(b"\xff", "").unwrap_err().status().as_u16(), 400);
    }
}
