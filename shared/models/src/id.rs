//! Identifiers: opaque strings of 1 to 128 characters; new ones are UUIDv7.

use serde::{Deserialize, Deserializer, Serialize, de};
use thiserror::Error;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// The most characters that an identifier may have.
pub const MAX_LENGTH: usize = 128;

/// Why a text is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must have 1 to {MAX_LENGTH} characters and no control characters")]
pub struct InvalidId;

/// The identifier of any record: an execution, a node, a graph, a block.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Id(String);

impl Id {
    /// A new identifier that sorts after those made before it (UUIDv7).
    pub fn generate() -> Self {
        Self(uuid::Uuid::now_v7().to_string())
    }

    /// Checks the contract's rule for identifiers.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        let text = text.into();
        let fits = (1..=MAX_LENGTH).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text)) } else { Err(InvalidId) }
    }

    /// The identifier's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX_LENGTH))
            .pattern(Some(r"^[^\u0000-\u001f\u007f-\u009f]+$"))
            .description(Some("An opaque identifier; new ones are UUIDv7."))
            .examples(["0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49"])
            .into()
    }
}

impl ToSchema for Id {}

/// The identifier of the person who owns rows. A type of its own, so that a tenant's bound cannot be mixed up with
/// another identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct UserId(Id);

impl UserId {
    /// Checks the contract's rule for identifiers.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        Id::parse(text).map(Self)
    }

    /// The identifier's text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_1_to_128_characters_and_no_control_characters() {
        for good in ["a", "0197a3c2-7d4e", "ä b/c", &"é".repeat(128)] {
            assert!(Id::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a\n", "\u{0}", "\u{7f}", &"a".repeat(129)] {
            assert_eq!(Id::parse(bad), Err(InvalidId), "{bad:?}");
        }
    }

    #[test]
    fn new_identifiers_are_version_7_and_sort_by_age() {
        let (first, second) = (Id::generate(), Id::generate());
        assert!(first < second);
        assert_eq!(uuid::Uuid::parse_str(first.as_str()).unwrap().get_version_num(), 7);
    }
}
