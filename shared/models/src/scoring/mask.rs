//! Hiding what looks like a secret from whoever reads a prompt. By hand: a library for regular expressions is a twentieth
//! of what a component may weigh.

/// What stands in a secret's place.
const MASK: &str = "[secret]";

/// What secrets begin with, and how long they are at least with it.
const BEGINNINGS: &[(&str, usize)] = &[
    // OpenAI, Anthropic, Stripe and those who do as they do.
    ("sk-", 19),
    ("sk_", 19),
    ("pk-", 19),
    ("pk_", 19),
    ("rk_", 19),
    // GitHub and GitLab.
    ("ghp_", 24),
    ("gho_", 24),
    ("ghu_", 24),
    ("ghs_", 24),
    ("ghr_", 24),
    ("github_pat_", 31),
    ("glpat-", 16),
    // Groq, Hugging Face, npm, Slack.
    ("gsk_", 14),
    ("hf_", 13),
    ("npm_", 14),
    ("xoxa-", 15),
    ("xoxb-", 15),
    ("xoxe-", 15),
    ("xoxp-", 15),
    ("xoxr-", 15),
    ("xoxs-", 15),
    ("xapp-", 15),
    // AWS and Google.
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 34),
    ("ya29.", 25),
    ("GOCSPX-", 27),
    // JSON Web Tokens.
    ("eyJ", 20),
];

/// What the name of a secret has in it, in lower case and without anything between its words.
const NAMES: &[&str] = &[
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
];

/// The least length of what counts as a value that a name introduces.
const LEAST: usize = 6;
/// The least length of what follows the name of a scheme.
const LEAST_BEARER: usize = 8;
/// The schemes of `Authorization`, in lower case.
const SCHEMES: &[&str] = &["apikey", "basic", "bearer", "digest", "token"];
const PEM_BEGIN: &str = "-----BEGIN ";
const PEM_END: &str = "-----END ";
const PEM_KEY: &str = "PRIVATE KEY-----";

/// Where the reader of a text is in introducing a secret.
#[derive(PartialEq)]
enum Before {
    /// Nowhere.
    Nothing,
    /// Behind a name, perhaps with quotation marks.
    Name,
    /// Behind a name and a colon or an equals sign.
    Introduced,
    /// Behind `Authorization`, or the name of a scheme such as `Bearer`.
    Scheme,
}

/// The text with what looks like a key, a token or a password masked.
pub fn mask(text: &str) -> String {
    let text = mask_keys(text);
    let text = mask_urls(&text);
    let mut out = String::with_capacity(text.len());
    let mut before = Before::Nothing;
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        if rest.starts_with(MASK) {
            out.push_str(MASK);
            rest = &rest[MASK.len()..];
            before = Before::Nothing;
        } else if is_of_word(first) {
            let end = rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len());
            let word = &rest[..end];
            rest = &rest[end..];
            before = take_word(word, &before, &mut out);
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            before = match (before, first) {
                (Before::Name, '"' | '\'' | '\\' | ' ') => Before::Name,
                (Before::Name, ':' | '=') | (Before::Introduced, '"' | '\'' | '\\' | ' ' | '[') => Before::Introduced,
                (Before::Scheme, ' ' | '=' | ':' | '"' | '\'' | '\\') => Before::Scheme,
                _ => Before::Nothing,
            };
        }
    }
    out
}

/// Whether a name says that its value is a secret.
pub(super) fn names_a_secret(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    name == "token" || NAMES.iter().any(|part| name.contains(part))
}

/// A value as a prompt shows it under its name.
pub(super) fn mask_named(name: &str, text: &str) -> String {
    if names_a_secret(name) && !text.is_empty() && text != "null" {
        MASK.to_owned()
    } else {
        mask(text)
    }
}

const fn is_of_word(letter: char) -> bool {
    matches!(letter, 'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | '-' | '.' | '+' | '/' | '~' | '%' | '@' | '!' | '$' | '#')
}

/// Writes a word or what hides it; and where the reader is then.
fn take_word(word: &str, before: &Before, out: &mut String) -> Before {
    let lower = word.to_ascii_lowercase();
    let is_scheme = SCHEMES.contains(&lower.as_str());
    let is_hidden = match before {
        Before::Introduced => word.len() >= LEAST && !is_scheme,
        Before::Scheme => word.len() >= LEAST_BEARER && !is_scheme,
        Before::Nothing | Before::Name => false,
    };
    if is_hidden || looks_like_secret(word) {
        out.push_str(MASK);
        return Before::Nothing;
    }
    out.push_str(word);
    if (is_scheme && *before != Before::Nothing) || lower.ends_with("authorization") || lower == "bearer" {
        Before::Scheme
    } else if names_a_secret(word) {
        Before::Name
    } else {
        Before::Nothing
    }
}

fn looks_like_secret(word: &str) -> bool {
    let begins = |(beginning, least): &(&str, usize)| word.len() >= *least && word.starts_with(beginning);
    // Three parts make a JSON Web Token.
    let is_token = word.trim_end_matches('.').matches('.').count() == 2;
    BEGINNINGS.iter().any(begins) && (!word.starts_with("eyJ") || is_token)
}

/// Hides private keys in PEM, to their end or that of the text.
fn mask_keys(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(PEM_BEGIN) {
        let (head, key) = rest.split_at(at);
        out.push_str(head);
        let line_end = key[PEM_BEGIN.len()..]
            .find("-----")
            .map(|end| PEM_BEGIN.len() + end + 5);
        let is_private = line_end.is_some_and(|end| key[..end].ends_with(PEM_KEY));
        if !is_private {
            out.push_str(PEM_BEGIN);
            rest = &key[PEM_BEGIN.len()..];
            continue;
        }
        out.push_str(MASK);
        rest = key
            .find(PEM_END)
            .and_then(|end| key[end..].find(PEM_KEY).map(|at| &key[end + at + PEM_KEY.len()..]))
            .unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Hides the passwords of URLs: what stands between a colon and an at sign before the first slash.
fn mask_urls(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        out.push_str(head);
        rest = tail;
        let end = tail
            .find(|letter: char| letter.is_whitespace() || matches!(letter, '/' | '"' | '?' | '#'))
            .unwrap_or(tail.len());
        let user = tail[..end].rfind('@').map(|at| &tail[..at]);
        if let Some(colon) = user.and_then(|user| user.find(':')) {
            out.push_str(&tail[..=colon]);
            out.push_str(MASK);
            rest = &tail[user.map_or(0, str::len)..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_masked() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl";
        for (text, expected) in [
            ("use sk-proj-abcdefghijklmnop1234 now", "use [secret] now"),
            ("ghp_abcdefghijklmnopqrstuvwxyz0123", "[secret]"),
            ("xoxb-123456789012-abcdef, please", "[secret], please"),
            ("AKIAABCDEFGHIJKLMNOP", "[secret]"),
            (&format!("got <{jwt}>"), "got <[secret]>"),
            (
                "Authorization: Bearer abcdef123456789",
                "Authorization: Bearer [secret]",
            ),
            ("Authorization: ApiKey abcdef123456", "Authorization: ApiKey [secret]"),
            ("authorization: token abcdef0123", "authorization: token [secret]"),
            ("X-Authorization: abcdef0123", "X-Authorization: [secret]"),
            (r#"{"api_keys":["abc123def"]}"#, r#"{"api_keys":["[secret]"]}"#),
            (&format!("It was {jwt}."), "It was [secret]"),
            ("postgres://ann:hunter2@db/x", "postgres://ann:[secret]@db/x"),
            (
                "https://ann:p@ss@example.com?q=1",
                "https://ann:[secret]@example.com?q=1",
            ),
            (r#"{"api_key":"abc123def","n":1}"#, r#"{"api_key":"[secret]","n":1}"#),
            (r#"{\"api_key\": \"abc123def\"}"#, r#"{\"api_key\": \"[secret]\"}"#),
            ("password=hunter22 user=ann", "password=[secret] user=ann"),
            ("OPENAI_API_KEY='abcdef123'", "OPENAI_API_KEY='[secret]'"),
            (
                "a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b",
                "a [secret] b",
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
            "The weather in Paris is fine: 20 °C…",
            "task-based risk-averse sk-1",
            "https://example.com/a:b@c",
            "https://example.com:8080/a@b",
            "tokens: 1234567",
            "A basic understanding of bearer cheques, a digest perhaps.",
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            r#"{"title":"The secret garden","n":[1,2]}"#,
        ] {
            assert_eq!(mask(text), text);
        }
        assert!(names_a_secret("openai_api_key") && names_a_secret("X-Auth-Token") && names_a_secret("token"));
        assert!(!names_a_secret("tokens_used") && !names_a_secret("keyword"));
    }
}
