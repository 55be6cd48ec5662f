//! `cargo xtask token`: prints a token for calling the API.

use std::fmt;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, ValueEnum};
use hmac::{Hmac, Mac as _};
use serde::Serialize;
use sha2::Sha256;

use crate::project::Project;
use crate::setup::environment::variable;
use crate::setup::secret;

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// Whom the token is for.
    #[arg(long)]
    sub: String,
    /// What they may do.
    #[arg(long)]
    role: Role,
    /// How long it is valid.
    #[arg(long, default_value_t = 3600)]
    ttl_seconds: u64,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// The owner of runs.
    User,
    /// The operator.
    Admin,
    /// Another service: the executor.
    Service,
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::Service => "service",
        })
    }
}

impl Token {
    pub(crate) fn run(self, project: &Project) -> Result<ExitCode> {
        let secret = secret::configured(project)?
            .context("there is no secret to sign with: set SPIN_VARIABLE_JWT_SECRET, or start `cargo xtask up` once")?;
        println!("{}", issue(&secret, &self.sub, self.role, self.ttl_seconds)?);
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    role: String,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
}

/// A token that the application accepts as long as it has this secret, and the audience of our own environment.
pub(crate) fn issue(secret: &str, sub: &str, role: Role, ttl_seconds: u64) -> Result<String> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("read the clock")?
        .as_secs();
    let claims = Claims {
        sub,
        role: role.to_string(),
        exp: now.saturating_add(ttl_seconds),
        aud: variable("SPIN_VARIABLE_JWT_AUDIENCE"),
    };
    let claims = serde_json::to_vec(&claims).context("write the claims")?;
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
    let signature = sign(secret.as_bytes(), &signed)?;
    Ok(format!("{signed}.{signature}"))
}

/// The HS256 signature of RFC 7515.
fn sign(secret: &[u8], text: &str) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).context("use the secret")?;
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
            sign(&secret, text).unwrap(),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        );
    }

    #[test]
    fn a_token_says_who_may_do_what_until_when() {
        let token = issue("0123456789012345678901234567890123456789", "someone", Role::Admin, 60).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(URL_SAFE_NO_PAD.decode(parts[0]).unwrap(), HEADER.as_bytes());
        let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        assert_eq!(claims["sub"], "someone");
        assert_eq!(claims["role"], "admin");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!((now + 50..=now + 60).contains(&claims["exp"].as_u64().unwrap()));
    }
}
