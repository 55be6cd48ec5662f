//! Members of the platform's enums, as records have them: a later platform may have more than the ledger knows.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// An enum of the platform's database of which the ledger knows members.
pub trait PlatformEnum: Copy + 'static {
    /// What a record's member is called in the API's description.
    const STORED: &'static str;
    /// The known members.
    const KNOWN: &'static [Self];

    /// The name on the wire and in the database.
    fn as_str(self) -> &'static str;

    /// The known member of this name.
    fn known(name: &str) -> Option<Self> {
        Self::KNOWN.iter().copied().find(|member| member.as_str() == name)
    }
}

/// A member as a record has it: one that the ledger knows, or the name of one that a later platform has. Rules are about
/// known ones alone; the others are carried, and shown as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored<T> {
    /// One that the ledger knows.
    Known(T),
    /// The name of another one.
    Other(String),
}

impl<T: PlatformEnum> Stored<T> {
    /// The name on the wire and in the database.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(member) => member.as_str(),
            Self::Other(name) => name,
        }
    }
}

impl<T> From<T> for Stored<T> {
    fn from(member: T) -> Self {
        Self::Known(member)
    }
}

impl<T: PlatformEnum> Serialize for Stored<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, T: PlatformEnum> Deserialize<'de> for Stored<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Ok(T::known(&name).map_or_else(|| Self::Other(name.into_owned()), Self::Known))
    }
}

impl<T: PlatformEnum> PartialSchema for Stored<T> {
    fn schema() -> RefOr<Schema> {
        let names = T::KNOWN.iter().map(|member| member.as_str());
        let known = names.clone().collect::<Vec<_>>().join(", ");
        ObjectBuilder::new()
            .schema_type(Type::String)
            .examples(names)
            .description(Some(format!(
                "{known}; or the name of another one, which a later version of the platform has."
            )))
            .into()
    }
}

impl<T: PlatformEnum> ToSchema for Stored<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        T::STORED.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ExecutionStatus, StoredStatus};

    #[test]
    fn unknown_members_are_carried_as_their_names() {
        for (text, stored) in [
            ("\"RUNNING\"", Stored::Known(ExecutionStatus::Running)),
            ("\"PAUSED\"", Stored::Other("PAUSED".to_owned())),
            ("\"running\"", Stored::Other("running".to_owned())),
        ] {
            let read: StoredStatus = serde_json::from_str(text).unwrap();
            assert_eq!(read, stored);
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
        }
    }
}
