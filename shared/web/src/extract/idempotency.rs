//! `Idempotency-Key`: which requests are the same.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, Method, Uri};
use runledger_models::Caller;
use runledger_store::IdempotencyKey;
use sha2::{Digest, Sha256};

use crate::Problem;

/// The request's idempotency key, if it sent one.
pub(crate) fn of(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    caller: &Caller,
    body: &[u8],
) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let bytes = value.as_bytes();
    if !(1..=255).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_graphic) {
        return Err(Problem::invalid_at(
            "/headers/idempotency-key",
            "must be 1 to 255 visible ASCII characters",
        ));
    }
    let user = caller.user().map_or("", runledger_models::UserId::as_str);
    let mut digest = Sha256::new();
    for part in [
        method.as_str().as_bytes(),
        uri.path().as_bytes(),
        uri.query().unwrap_or("").as_bytes(),
        user.as_bytes(),
    ] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.update(body);
    Ok(Some(IdempotencyKey {
        caller: format!("{}:{}", caller.role().as_str(), caller.subject().as_str()),
        key: String::from_utf8_lossy(bytes).into_owned(),
        fingerprint: URL_SAFE_NO_PAD.encode(digest.finalize()),
    }))
}

#[cfg(test)]
mod tests {
    use runledger_models::{Role, UserId};

    use super::*;

    fn key(path: &str, key: &str, body: &str) -> Result<Option<IdempotencyKey>, Problem> {
        let caller = Caller::new(UserId::parse("s").unwrap(), Role::Service, UserId::parse("ann").ok());
        let headers = HeaderMap::from_iter([("idempotency-key".parse().unwrap(), key.parse().unwrap())]);
        of(
            &Method::POST,
            &path.parse().unwrap(),
            &headers,
            &caller,
            body.as_bytes(),
        )
    }

    #[test]
    fn the_same_request_has_the_same_fingerprint_and_another_has_not() {
        let fingerprint = |path, body| key(path, "k", body).unwrap().unwrap().fingerprint;
        let first = fingerprint("/a?b=1", "{}");
        assert_eq!(first, fingerprint("/a?b=1", "{}"));
        for (path, body) in [("/a?b=2", "{}"), ("/a", "{}"), ("/a?b=1", "{ }")] {
            assert_ne!(first, fingerprint(path, body), "{path} {body}");
        }
    }

    #[test]
    fn keys_are_visible_ascii() {
        for (sent, good) in [
            ("k", true),
            (&"k".repeat(255), true),
            (&"k".repeat(256), false),
            ("a b", false),
        ] {
            assert_eq!(key("/", sent, "").is_ok(), good, "{sent}");
        }
    }
}
