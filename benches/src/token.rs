//! Tokens for the servers that are measured.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::Sha256;

/// Seconds for which a token holds: longer than any run.
const LIFETIME: u64 = 24 * 3600;

/// An HS256 token for `subject` in `role`.
pub(crate) fn sign(secret: &str, subject: &str, role: &str) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "alg": "HS256", "typ": "JWT" }));
    let claims = part(json!({ "sub": subject, "role": role, "exp": now + LIFETIME }));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(format!("{header}.{claims}").as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    Ok(format!("{header}.{claims}.{signature}"))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, header::AUTHORIZATION};
    use runledger_models::Role;
    use runledger_web::Keys;

    use super::*;

    #[test]
    fn a_token_holds() {
        let secret = "a secret of thirty-two bytes or more";
        let token = format!("Bearer {}", sign(secret, "ann", "user").unwrap());
        let headers = HeaderMap::from_iter([(AUTHORIZATION, token.parse().unwrap())]);
        let keys = Keys::new(secret, "", "").unwrap();
        let caller = keys.verify(&headers).unwrap().into_caller(&headers).unwrap();
        assert_eq!((caller.role(), caller.subject().as_str()), (Role::User, "ann"));
    }
}
