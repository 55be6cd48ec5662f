//! Tokens: which keys they may be signed with, and who they say the caller is.

use http::{HeaderMap, header::AUTHORIZATION};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{JwkSet, PublicKeyUse},
};
use runledger_models::{Caller, Role, UserId};
use serde::Deserialize;

use super::signatures;
use crate::Problem;

/// The fewest bytes of a shared secret.
pub const MIN_SECRET_BYTES: usize = 32;

const BAD_PUBLIC_KEY: &str = "jwt_public_keys holds a key that is neither RSA nor EC P-256; set it to PEM blocks \
     (-----BEGIN PUBLIC KEY-----) or a JWKS document";
const PRIVATE_KEY: &str = "jwt_public_keys holds a private key, which only whoever signs tokens may have; set it to the \
     public one (openssl pkey -in key.pem -pubout)";
const CERTIFICATE: &str = "jwt_public_keys holds a certificate; set it to the public key in it \
     (openssl x509 -in certificate.pem -pubkey -noout)";

/// The keys that tokens may be signed with.
pub struct Keys {
    keys: Vec<Key>,
    audience: Option<String>,
}

struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    decoding: DecodingKey,
}

/// What a token says.
#[derive(Debug, Deserialize)]
pub struct Claims {
    sub: String,
    role: String,
    exp: f64,
}

impl Keys {
    /// The keys of the variables `jwt_secret` (HS256), `jwt_public_keys` (PEM or JWKS, RS256 and ES256) and
    /// `jwt_audience`; the empty text stands for none. What is wrong with them is for the log.
    pub fn new(secret: &str, public_keys: &str, audience: &str) -> Result<Self, String> {
        signatures::install();
        let mut keys = Vec::new();
        if !secret.is_empty() {
            if secret.len() < MIN_SECRET_BYTES {
                return Err(format!(
                    "jwt_secret has {} bytes; it needs {MIN_SECRET_BYTES} or more",
                    secret.len()
                ));
            }
            keys.push(Key {
                id: None,
                algorithm: Algorithm::HS256,
                decoding: DecodingKey::from_secret(secret.as_bytes()),
            });
        }
        // Environment files have no lines in a value: there the ends of lines are written as \n.
        let public_keys = public_keys.trim().trim_matches('"');
        let public_keys = if public_keys.starts_with('{') {
            public_keys.to_owned()
        } else {
            public_keys.replace("\\r", "").replace("\\n", "\n")
        };
        if public_keys.starts_with('{') {
            let set: JwkSet =
                serde_json::from_str(&public_keys).map_err(|error| format!("jwt_public_keys is no JWKS: {error}"))?;
            // Key sets hold keys for other uses too.
            for jwk in set
                .keys
                .iter()
                .filter(|jwk| jwk.common.public_key_use != Some(PublicKeyUse::Encryption))
            {
                if let Some((algorithm, decoding)) = signatures::from_jwk(jwk) {
                    keys.push(Key {
                        id: jwk.common.key_id.clone(),
                        algorithm,
                        decoding,
                    });
                }
            }
        } else {
            for pem in pem_blocks(&public_keys) {
                let (algorithm, decoding) = signatures::from_pem(pem).ok_or_else(|| misfit(pem))?;
                keys.push(Key {
                    id: None,
                    algorithm,
                    decoding,
                });
            }
        }
        if keys.is_empty() {
            return Err(
                "neither jwt_secret nor an RSA or EC P-256 key in jwt_public_keys is set: nobody could sign in"
                    .to_owned(),
            );
        }
        Ok(Self {
            keys,
            audience: Some(audience.to_owned()).filter(|audience| !audience.is_empty()),
        })
    }

    /// Verifies the bearer token of a request.
    pub fn verify(&self, headers: &HeaderMap) -> Result<Claims, Problem> {
        let Some(value) = headers.get(AUTHORIZATION) else {
            return Err(Problem::unauthorized("send a token: Authorization: Bearer <JWT>"));
        };
        let token = value.to_str().ok().and_then(|value| value.split_once(' '));
        let Some((_, token)) = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
            return Err(Problem::unauthorized(
                "the Authorization header is not of the form: Bearer <JWT>",
            ));
        };
        self.verify_token(token.trim())
    }

    /// Verifies a token.
    pub fn verify_token(&self, token: &str) -> Result<Claims, Problem> {
        self.decode(token).ok_or_else(|| {
            Problem::unauthorized(
                "the token does not hold: it is malformed, expired, not yet valid, or not signed for us",
            )
        })
    }

    fn decode(&self, token: &str) -> Option<Claims> {
        let header = decode_header(token).ok()?;
        let mut validation = Validation::new(header.alg);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "sub"]);
        match &self.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                validation.required_spec_claims.insert("aud".to_owned());
            }
            None => validation.validate_aud = false,
        }
        let fits = |key: &&Key| {
            key.algorithm == header.alg && (key.id.is_none() || header.kid.is_none() || key.id == header.kid)
        };
        let candidates = self.keys.iter().filter(fits);
        candidates
            .into_iter()
            .find_map(|key| Some(decode(token, &key.decoding, &validation).ok()?.claims))
    }
}

impl Claims {
    /// Whether the token names a role that we know, and somebody.
    pub fn are_usable(&self) -> bool {
        Role::parse(&self.role).is_some() && UserId::parse(self.sub.as_str()).is_ok()
    }

    /// When the token expires, in seconds since 1970.
    pub const fn expires_at(&self) -> f64 {
        self.exp
    }

    /// The caller that the token speaks of, acting for the user of `X-User-Id` if a service or an admin sent it.
    pub fn into_caller(self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let role =
            Role::parse(&self.role).ok_or_else(|| Problem::unauthorized("the token has no role that we know"))?;
        let subject =
            UserId::parse(self.sub).map_err(|error| Problem::unauthorized(format!("the token's subject {error}")))?;
        let acting_for = match headers.get("x-user-id").filter(|_| role != Role::User) {
            None => None,
            Some(value) => {
                let user = value.to_str().ok().and_then(|text| UserId::parse(text).ok());
                Some(user.ok_or_else(|| Problem::invalid_at("/headers/x-user-id", "is not a user id"))?)
            }
        };
        Ok(Caller::new(subject, role, acting_for))
    }
}

/// The PEM blocks of a text: each goes to the line that begins the next one.
fn pem_blocks(text: &str) -> impl Iterator<Item = &str> {
    const BEGIN: &str = "-----BEGIN ";
    let starts = text.match_indices(BEGIN).map(|(at, _)| at);
    // What stands before the first one is a block too, which cannot be read.
    let starts: Vec<_> = std::iter::once(0).chain(starts).chain([text.len()]).collect();
    let blocks: Vec<_> = starts.windows(2).map(|ends| text[ends[0]..ends[1]].trim()).collect();
    blocks.into_iter().filter(|block| !block.is_empty())
}

/// Why a block is no key that tokens are verified with, and what to set instead.
fn misfit(pem: &str) -> &'static str {
    let label = pem.lines().next().unwrap_or_default();
    if label.contains("PRIVATE KEY") {
        PRIVATE_KEY
    } else if label.contains("CERTIFICATE") {
        CERTIFICATE
    } else {
        BAD_PUBLIC_KEY
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use jsonwebtoken::get_current_timestamp;
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";

    fn sign(secret: &str, claims: &Value) -> String {
        runledger_tokens::sign(secret.as_bytes(), claims).unwrap()
    }

    fn with_token(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    }

    fn claims() -> Value {
        json!({ "sub": "ann", "role": "user", "exp": get_current_timestamp() + 60 })
    }

    #[test]
    fn a_short_secret_no_keys_and_bad_keys_are_refused() {
        for (secret, keys) in [
            ("short", ""),
            ("", ""),
            ("", "{}"),
            ("", "-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----"),
        ] {
            assert!(Keys::new(secret, keys, "").is_err(), "{secret} {keys}");
        }
    }

    #[test]
    fn a_token_that_holds_names_its_caller() {
        let keys = Keys::new(SECRET, "", "").unwrap();
        let mut headers = with_token(&format!("Bearer {}", sign(SECRET, &claims())));
        headers.insert("x-user-id", HeaderValue::from_static("bob"));
        let caller = keys.verify(&headers).unwrap().into_caller(&headers).unwrap();
        assert_eq!(caller.scope().user_id(), Some("ann"), "a user's X-User-Id is ignored");
    }

    #[test]
    fn tokens_that_do_not_hold_are_refused() {
        let keys = Keys::new(SECRET, "", "us").unwrap();
        let with = |name: &str, value: Value| {
            let mut claims = claims();
            claims["aud"] = json!("us");
            claims[name] = value;
            format!("Bearer {}", sign(SECRET, &claims))
        };
        assert!(keys.verify(&with_token(&with("role", json!("admin")))).is_ok());
        let now = get_current_timestamp();
        for token in [
            "garbage".to_owned(),
            "Bearer garbage".to_owned(),
            "Basic dTpw".to_owned(),
            with("exp", json!(now - 1)),
            with("exp", Value::Null),
            with("nbf", json!(now + 60)),
            with("aud", json!("them")),
            with("aud", Value::Null),
            with("sub", Value::Null),
            format!("Bearer {}", sign("another-secret-of-thirty-two-bytes!!", &claims())),
            "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJyb2xlIjoidXNlciIsImV4cCI6OTk5OTk5OTk5OX0.".to_owned(),
        ] {
            let problem = keys.verify(&with_token(&token)).unwrap_err();
            assert_eq!(problem.status().as_u16(), 401, "{token}");
        }
    }
}
