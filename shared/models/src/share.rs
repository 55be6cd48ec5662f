//! Share links: the token, and what whoever has it may see (seed `SharedExecutionResponse`).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;

use crate::{StoredStatus, Timestamp, node::Outputs};

/// The longest token: the platform's own are UUIDs, ours have 43 characters.
const MAX_LENGTH: usize = 128;

/// The secret part of a share link. It is a right to read, so it is never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ShareToken(String);

impl ShareToken {
    /// A new token of 244 random bits.
    pub fn generate() -> Self {
        let mut bytes = [0; 32];
        let (first, second) = bytes.split_at_mut(16);
        first.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        second.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The token of this text, if it can be one: letters, digits, `-` and `_`.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=MAX_LENGTH).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fits.then(|| Self(text.to_owned()))
    }

    /// The token's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ShareToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShareToken(…)")
    }
}

impl<'de> Deserialize<'de> for ShareToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("is not a share token"))
    }
}

/// What a share link shows: the result, and nothing from inside the run.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SharedExecution {
    /// The execution.
    pub id: String,
    /// The name of its graph.
    pub graph_name: String,
    /// What the graph is for.
    pub graph_description: Option<String>,
    /// Where the execution stands.
    pub status: StoredStatus,
    /// When it was created; null where RFC 3339 cannot say it.
    pub created_at: Option<Timestamp>,
    /// What reached its OUTPUT blocks, by their names.
    #[schema(value_type = BTreeMap<String, Vec<Value>>)]
    pub outputs: Outputs,
    /// There only when outputs were left out, since the answer would be too large with them. In the place of such a value
    /// stands `{"$truncated": {"stored_bytes": …}}`; some may be missing altogether.
    #[serde(rename = "truncated", skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub is_truncated: bool,
}

impl SharedExecution {
    /// The name of a graph that has none.
    pub const UNNAMED: &str = "Untitled Agent";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_token_is_a_token_and_no_other() {
        let (one, other) = (ShareToken::generate(), ShareToken::generate());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 43);
        assert_eq!(ShareToken::parse(one.as_str()), Some(one));
    }

    #[test]
    fn texts_that_cannot_be_tokens_are_none() {
        for text in ["", "a b", "a/b", "é", "a\0", &"a".repeat(129)] {
            assert_eq!(ShareToken::parse(text), None, "{text:?}");
        }
        assert!(ShareToken::parse("8b0ff1f6-8b0c-4a47-9b1e-3a1b8e7f2d11").is_some());
    }

    #[test]
    fn a_token_does_not_show_in_debug_output() {
        let token = ShareToken::generate();
        assert!(!format!("{token:?}").contains(token.as_str()));
    }
}
