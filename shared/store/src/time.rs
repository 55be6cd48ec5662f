//! Times as Postgres writes them into JSON.

use std::borrow::Cow;

use runledger_models::Timestamp;
use serde::{Deserialize, Deserializer, de};

/// A `timestamp` in UTC, read from JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredTime(Timestamp);

impl StoredTime {
    pub(crate) const fn into(self) -> Timestamp {
        self.0
    }
}

impl<'de> Deserialize<'de> for StoredTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Timestamp::parse_stored(&text)
            .map(Self)
            .ok_or_else(|| de::Error::custom("is not a stored time"))
    }
}
