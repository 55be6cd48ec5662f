//! Hiding what looks like a secret from whoever reads a prompt.

use std::sync::LazyLock;

use regex_lite::Regex;

/// What stands in a secret's place.
const MASK: &str = "[secret]";

/// Texts that are secrets by their own look.
const LOOKS: &[&str] = &[
    // PEM.
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)",
    // OpenAI, Anthropic, Stripe and those who do as they do.
    r"\b(sk|pk|rk)[-_][A-Za-z0-9_-]{16,}",
    // GitHub.
    r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})",
    // GitLab, Groq, Hugging Face, npm, Slack.
    r"\b(glpat-|gsk_|hf_|npm_|xox[abeprs]-|xapp-)[A-Za-z0-9-]{10,}",
    // AWS and Google.
    r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\b(AIza[0-9A-Za-z_-]{30,}|ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,})",
    // JSON Web Tokens.
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
];

/// Texts that are secrets by what stands before them: the first group stays.
const INTRODUCED: &[&str] = &[
    r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{12,}",
    // The password of a URL.
    r"(?i)\b([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+@",
    r#"(?i)((?:api[_-]?key|apikey|access[_-]?key|secret|passw(?:or)?d|passphrase|token|credential)s?[A-Za-z0-9_-]*\\?["']?\s*[:=]\s*\\?["']?)[^\s"',;}\\]{6,}"#,
];

static MASKS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let looks = LOOKS.iter().map(|pattern| (*pattern, MASK));
    let introduced = INTRODUCED.iter().map(|pattern| (*pattern, "${1}[secret]"));
    looks
        .chain(introduced)
        // The patterns are constants, and a test compiles them all.
        .filter_map(|(pattern, with)| Some((Regex::new(pattern).ok()?, with)))
        .collect()
});

/// The text with what looks like a key, a token or a password masked.
pub fn mask(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, with) in MASKS.iter() {
        if pattern.is_match(&text) {
            text = pattern.replace_all(&text, *with).into_owned();
        }
    }
    text
}

/// Whether a name says that its value is a secret.
pub(super) fn names_a_secret(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    [
        "apikey",
        "accesskey",
        "secret",
        "password",
        "passwd",
        "passphrase",
        "privatekey",
        "accesstoken",
        "refreshtoken",
        "authtoken",
        "credential",
        "authorization",
    ]
    .iter()
    .any(|part| name.contains(part))
        || name == "token"
}

/// A value as a prompt shows it under its name.
pub(super) fn mask_named(name: &str, text: &str) -> String {
    if names_a_secret(name) && !text.is_empty() && text != "null" {
        MASK.to_owned()
    } else {
        mask(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one() {
        assert_eq!(MASKS.len(), LOOKS.len() + INTRODUCED.len());
    }

    #[test]
    fn what_looks_like_a_secret_is_masked() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl";
        for (text, expected) in [
            ("use sk-proj-abcdefghijklmnop1234 now", "use [secret] now"),
            ("sk-ant-REDACTED", "[secret]"),
            ("ghp_abcdefghijklmnopqrstuvwxyz0123", "[secret]"),
            ("xoxb-123456789012-abcdef", "[secret]"),
            ("AKIAABCDEFGHIJKLMNOP", "[secret]"),
            (&format!("got {jwt}!"), "got [secret]!"),
            (
                "Authorization: Bearer abcdef123456789",
                "Authorization: Bearer [secret]",
            ),
            ("postgres://ann:hunter2@db/x", "postgres://ann:[secret]db/x"),
            (r#"{"api_key":"abc123def","n":1}"#, r#"{"api_key":"[secret]","n":1}"#),
            (r#"{\"api_key\":\"abc123def\"}"#, r#"{\"api_key\":\"[secret]\"}"#),
            ("password=hunter22 user=ann", "password=[secret] user=ann"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
                "[secret]",
            ),
            ("-----BEGIN PRIVATE KEY-----\nMIIE", "[secret]"),
        ] {
            assert_eq!(mask(text), expected);
        }
    }

    #[test]
    fn other_texts_are_left_alone() {
        for text in [
            "",
            "The weather in Paris is fine.",
            "task-based risk-averse sk-1",
            "https://example.com/a:b@c",
            "tokens: 12",
            r#"{"title":"The secret garden","n":[1,2]}"#,
        ] {
            assert_eq!(mask(text), text);
        }
        assert!(names_a_secret("openai_api_key") && names_a_secret("X-Auth-Token") && names_a_secret("token"));
        assert!(!names_a_secret("tokens_used") && !names_a_secret("keyword"));
    }
}
