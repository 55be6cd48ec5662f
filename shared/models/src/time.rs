//! Points in time as the ledger keeps them: UTC, whole milliseconds.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

use crate::Fault;

const MILLIS_OF_A_DAY: i64 = 24 * 60 * 60 * 1000;
/// The first and the last millisecond that RFC 3339 can say, since 1970: its years have four digits.
const FIRST_MILLIS: i64 = -62_167_219_200_000;
const LAST_MILLIS: i64 = 253_402_300_799_999;

/// A UTC time of millisecond precision that RFC 3339 can say: `2026-01-02T03:04:05.678Z`. What a database holds beyond
/// that is a [`StoredTime`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// This moment.
    pub fn now() -> Self {
        Self(Utc::now().timestamp_millis())
    }

    /// The time this many milliseconds after 1970-01-01T00:00:00Z; `None` before the year 0 and after the year 9999.
    pub fn from_millis(millis: i64) -> Option<Self> {
        (FIRST_MILLIS..=LAST_MILLIS).contains(&millis).then_some(Self(millis))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The time so many days of 24 hours before; the same where the calendar ends.
    #[must_use]
    pub fn days_before(self, days: u32) -> Self {
        Self::from_millis(self.0 - i64::from(days) * MILLIS_OF_A_DAY).unwrap_or(self)
    }

    /// The time a day of 24 hours later; the same where the calendar ends.
    #[must_use]
    pub fn next_day(self) -> Self {
        Self::from_millis(self.0 + MILLIS_OF_A_DAY).unwrap_or(self)
    }

    /// Reads an RFC 3339 time, with its offset (`Z` or `±hh:mm`) or without one, which is UTC then; what is finer than a
    /// millisecond is cut off.
    pub fn parse(text: &str) -> Option<Self> {
        let time = DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_rfc3339(&format!("{text}Z")))
            .ok()?;
        Self::from_millis(time.timestamp_millis())
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

/// The time between two times, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    start: Timestamp,
    end: Timestamp,
}

impl TimeRange {
    /// The time between these, if they are in this order.
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self, Fault> {
        if start > end {
            return Err(Fault::new("/start_time", "is after the end of the range"));
        }
        Ok(Self { start, end })
    }

    /// Where it begins.
    pub const fn start(self) -> Timestamp {
        self.start
    }

    /// Where it ends.
    pub const fn end(self) -> Timestamp {
        self.end
    }
}

/// A time as the database has it. Postgres's times go further than RFC 3339's; what is beyond shows as null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredTime {
    /// One that RFC 3339 can say.
    Shown(Timestamp),
    /// Another one, in Postgres's words: `infinity`, `10000-01-01T00:00:00`, `0044-03-15T00:00:00 BC`.
    Beyond(String),
}

impl StoredTime {
    /// The longest that Postgres writes: six digits of year, six of a second's fraction, and `BC`.
    const MAX_LENGTH: usize = 40;

    /// The time as it is shown.
    pub const fn shown(&self) -> Option<Timestamp> {
        match self {
            Self::Shown(time) => Some(*time),
            Self::Beyond(_) => None,
        }
    }

    /// The time beyond RFC 3339 of this text, if it looks like one that Postgres gave.
    pub fn parse_beyond(text: &str) -> Option<Self> {
        let looks_like_one = matches!(text, "infinity" | "-infinity")
            || text.len() <= Self::MAX_LENGTH && text.bytes().all(|byte| b"0123456789-:.T BC".contains(&byte));
        looks_like_one.then(|| Self::Beyond(text.to_owned()))
    }
}

impl From<Timestamp> for StoredTime {
    fn from(time: Timestamp) -> Self {
        Self::Shown(time)
    }
}

/// As a statement takes it.
impl Serialize for StoredTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Shown(time) => time.serialize(serializer),
            Self::Beyond(text) => serializer.serialize_str(text),
        }
    }
}

/// From the form that Postgres gives a `timestamp` in JSON.
impl<'de> Deserialize<'de> for StoredTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Ok(Timestamp::parse_stored(&text).map_or_else(|| Self::Beyond(text.into_owned()), Self::Shown))
    }
}

/// For `#[serde(deserialize_with)]`: a stored time as it is shown.
pub fn deserialize_shown<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    StoredTime::deserialize(deserializer).map(|stored| stored.shown())
}

/// For `#[serde(deserialize_with)]`: a time that the ledger itself stored, which is never beyond RFC 3339.
pub fn deserialize_stored<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let stored = StoredTime::deserialize(deserializer)?;
    stored.shown().ok_or_else(|| de::Error::custom("is not a stored time"))
}

/// The same for a time that may be null.
pub fn deserialize_stored_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(stored) = Option::<StoredTime>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let shown = stored.shown();
    shown.map(Some).ok_or_else(|| de::Error::custom("is not a stored time"))
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
            ("2026-01-02T03:04:05", "2026-01-02T03:04:05.000Z"),
            ("2026-01-02T03:04:05.6", "2026-01-02T03:04:05.600Z"),
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
    fn what_rfc_3339_cannot_say_is_kept_in_the_words_of_postgres() {
        for text in [
            "infinity",
            "-infinity",
            "10000-01-01T00:00:00",
            "294276-12-31T23:59:59.999",
            "0044-03-15T00:00:00 BC",
        ] {
            let stored: StoredTime = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(
                (stored.shown(), stored.clone()),
                (None, StoredTime::Beyond(text.to_owned()))
            );
            assert_eq!(StoredTime::parse_beyond(text), Some(stored));
        }
        let stored: StoredTime = serde_json::from_str(r#""2026-01-02T03:04:05.6""#).unwrap();
        assert_eq!(stored, Timestamp::parse("2026-01-02T03:04:05.6Z").unwrap().into());
        for text in ["now", "infinity; DROP", &"1".repeat(41)] {
            assert_eq!(StoredTime::parse_beyond(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_that_its_offset_carries_out_of_the_calendar_is_refused() {
        for text in ["9999-12-31T23:59:59.999-00:01", "0000-01-01T00:00:00+00:01"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
        for text in ["9999-12-31T23:59:59.999Z", "0000-01-01T00:00:00.000Z"] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_rfc_3339_time_is_refused() {
        for text in [
            "",
            "Z",
            "yesterday",
            "2026-01-02",
            "2026-13-02T03:04:05Z",
            "2026-01-02T03:04:05ZZ",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
