//! Tokens for the servers that are measured.

use std::time::Duration;

use anyhow::Result;
use runledger_tokens::Claims;

/// For how long a token holds: longer than any run.
const LIFETIME: Duration = Duration::from_hours(24);

/// A token for `subject` in `role`.
pub(crate) fn sign(secret: &str, subject: &str, role: &str) -> Result<String> {
    let claims = Claims::new(subject, role, "", LIFETIME);
    Ok(runledger_tokens::sign(secret.as_bytes(), &claims)?)
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
