//! What follows a request through its response and every log line: its id, and its place in a trace.

use http::{HeaderMap, HeaderName};
use runledger_logging::Trace;

/// The header that carries it.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The caller's id if it is a sane one, else a new one.
pub(crate) fn of(headers: &HeaderMap) -> String {
    headers
        .get(X_REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_sane(id))
        .map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

/// The request's place in a trace.
pub(crate) fn trace(headers: &HeaderMap) -> Trace {
    let texts = |name: &str| -> Vec<_> {
        let values = headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok()).collect()
    };
    let parents = texts("traceparent");
    // Two parents are none; a state may come in pieces.
    let parent = parents.first().filter(|_| parents.len() == 1);
    Trace::of(parent.copied(), Some(&texts("tracestate").join(",")), random())
}

/// The place of work that no request asked for: the beginning of a trace.
pub(crate) fn new_trace() -> Trace {
    Trace::of(None, None, random())
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    let (first, second) = bytes.split_at_mut(16);
    first.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    second.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes
}

fn is_sane(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_are_taken_over() {
        for (sent, sane) in [
            ("abc-1.2_3", true),
            ("a b", false),
            ("", false),
            ("<x>", false),
            (&"a".repeat(129), false),
        ] {
            let headers = HeaderMap::from_iter([(X_REQUEST_ID, sent.parse().unwrap())]);
            assert_eq!(of(&headers) == sent, sane, "{sent}");
        }
    }
}
