//! Tokens for callers of the API, signed with the secret that the application checks them with (HS256). The one place that
//! makes them: for the host's schedule, the tool, the benchmarks and the tests. What the components are made of only checks
//! tokens and does not depend on this.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use serde::Serialize;
use sha2::Sha256;
use thiserror::Error;

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// What a token says.
#[derive(Debug, Clone, Serialize)]
pub struct Claims<'a> {
    /// Who calls.
    pub sub: &'a str,
    /// In which role: `user`, `admin` or `service`.
    pub role: &'a str,
    /// Until when it holds, in seconds since 1970.
    pub exp: u64,
    /// The application's variable `jwt_audience`; empty where that is.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub aud: &'a str,
}

impl<'a> Claims<'a> {
    /// Those of a token that holds from now on for `lifetime`.
    pub fn new(sub: &'a str, role: &'a str, audience: &'a str, lifetime: Duration) -> Self {
        Self {
            sub,
            role,
            exp: now().saturating_add(lifetime.as_secs()),
            aud: audience,
        }
    }
}

/// Why there is no token.
#[derive(Debug, Error)]
pub enum Error {
    /// The claims are nothing that JSON has.
    #[error("the claims cannot be written: {0}")]
    Claims(#[from] serde_json::Error),
    /// The secret cannot be used.
    #[error("the secret cannot be used")]
    Secret,
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// A token with these claims: [`Claims`], or what a test wants refused.
pub fn sign(secret: &[u8], claims: &impl Serialize) -> Result<String, Error> {
    let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims)?);
    let signed = format!("{}.{claims}", URL_SAFE_NO_PAD.encode(HEADER));
    let signature = signature(secret, &signed)?;
    Ok(format!("{signed}.{signature}"))
}

/// The HS256 signature of RFC 7515.
fn signature(secret: &[u8], text: &str) -> Result<String, Error> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| Error::Secret)?;
    mac.update(text.as_bytes());
    Ok(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_standards_example() {
        let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let secret = URL_SAFE_NO_PAD.decode(secret).unwrap();
        let text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
                    cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        assert_eq!(
            signature(&secret, text).unwrap(),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        );
    }

    #[test]
    fn a_token_says_who_may_do_what_until_when_and_where() {
        let claims_of = |audience: &str| -> serde_json::Value {
            let claims = Claims::new("someone", "admin", audience, Duration::from_mins(1));
            let token = sign(b"a secret", &claims).unwrap();
            let parts: Vec<&str> = token.split('.').collect();
            assert_eq!(URL_SAFE_NO_PAD.decode(parts[0]).unwrap(), HEADER.as_bytes());
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap()
        };
        let claims = claims_of("us");
        assert_eq!(
            (&claims["sub"], &claims["role"], &claims["aud"]),
            (&"someone".into(), &"admin".into(), &"us".into())
        );
        assert!((now() + 50..=now() + 60).contains(&claims["exp"].as_u64().unwrap()));
        assert!(claims_of("").get("aud").is_none());
    }
}
