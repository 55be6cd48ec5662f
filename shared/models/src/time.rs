//! Points in time as the ledger keeps them: UTC, whole milliseconds.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

/// A UTC time of millisecond precision, as `timestamp(3)` holds it. Shown as RFC 3339: `2026-01-02T03:04:05.678Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// This moment.
    pub fn now() -> Self {
        Self(Utc::now().timestamp_millis())
    }

    /// The time this many milliseconds after 1970-01-01T00:00:00Z; `None` where the calendar ends.
    pub fn from_millis(millis: i64) -> Option<Self> {
        DateTime::from_timestamp_millis(millis).map(|time| Self(time.timestamp_millis()))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The time so many days of 24 hours before; the same where the calendar ends.
    #[must_use]
    pub fn days_before(self, days: u32) -> Self {
        const MILLIS_OF_A_DAY: i64 = 24 * 60 * 60 * 1000;
        Self::from_millis(self.0 - i64::from(days) * MILLIS_OF_A_DAY).unwrap_or(self)
    }

    /// Reads an RFC 3339 time with its offset (`Z` or `±hh:mm`); what is finer than a millisecond is cut off.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|time| Self(time.timestamp_millis()))
    }

    /// Reads the form that Postgres gives a `timestamp` in JSON: ISO 8601 without an offset, in UTC.
    pub fn parse_stored(text: &str) -> Option<Self> {
        Self::parse(&format!("{text}Z"))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("is not an RFC 3339 time such as 2026-01-02T03:04:05.678Z"))
    }
}

/// A time in the form that Postgres gives a `timestamp` in JSON.
#[derive(Debug, Clone, Copy)]
pub struct StoredTime(Timestamp);

impl StoredTime {
    /// The time.
    pub const fn into(self) -> Timestamp {
        self.0
    }
}

impl<'de> Deserialize<'de> for StoredTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Timestamp::parse_stored(&text)
            .map(Self)
            .ok_or_else(|| de::Error::custom("is not a stored time"))
    }
}

/// For `#[serde(deserialize_with)]`: a [`StoredTime`].
pub fn deserialize_stored<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    StoredTime::deserialize(deserializer).map(StoredTime::into)
}

/// The same for a time that may be null.
pub fn deserialize_stored_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let stored = Option::<StoredTime>::deserialize(deserializer)?;
    Ok(stored.map(StoredTime::into))
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An RFC 3339 time in UTC with milliseconds."))
            .examples(["2026-01-02T03:04:05.678Z"])
            .into()
    }
}

impl ToSchema for Timestamp {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc_with_three_digits() {
        for (text, shown) in [
            ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"),
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"),
            ("2026-01-02T03:04:05.6789+02:00", "2026-01-02T01:04:05.678Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), shown);
        }
        assert_eq!(
            Timestamp::parse_stored("2026-01-02T03:04:05.6").unwrap().to_string(),
            "2026-01-02T03:04:05.600Z"
        );
        for text in ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05+01:00", "infinity", ""] {
            assert_eq!(Timestamp::parse_stored(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_rfc_3339_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-01-02",
            "2026-13-02T03:04:05Z",
            "2026-01-02T03:04:05",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
