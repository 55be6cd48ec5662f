//! What is stored and cannot be shown as it is: it costs itself alone, never the list, the page or the stream that it is in.

use runledger_logging::Log;
use runledger_models::{Timestamp, paging::Position, time::StoredTime};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::{Error, keyset};

/// A time of a record as it is shown: null, with a line in the log, where RFC 3339 cannot say it.
pub(crate) fn shown_time(log: &Log, time: Option<&StoredTime>, record: &str, column: &str) -> Option<Timestamp> {
    if let Some(StoredTime::Beyond(text)) = time {
        log.warn_of_stored(&format!("{column} of {record} is {text} and shows as null"));
    }
    time.and_then(StoredTime::shown)
}

/// A row that may not decode. Rows are decoded one by one, so that those beside it do.
#[derive(Debug)]
pub(crate) struct Row<T>(Result<T, Undecoded>);

/// A row that does not decode.
#[derive(Debug)]
struct Undecoded {
    why: String,
    bytes: u64,
    place: Option<Place>,
}

/// What of a row says where it stands in its list.
#[derive(Debug, Deserialize)]
struct Place {
    #[serde(alias = "transaction_key")]
    id: String,
    #[serde(alias = "add_time")]
    created_at: StoredTime,
}

/// A row, of which it may be a part that says so.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Placed {
    Itself(Place),
    KeysetPage {
        #[serde(alias = "node")]
        execution: Place,
    },
}

impl From<Placed> for Place {
    fn from(placed: Placed) -> Self {
        match placed {
            Placed::Itself(place) | Placed::KeysetPage { execution: place } => place,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Row<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&'de RawValue>::deserialize(deserializer)?.get();
        let row = serde_json::from_str(text);
        Ok(Self(row.map_err(|error: serde_json::Error| Undecoded {
            why: error.to_string(),
            bytes: text.len() as u64,
            place: serde_json::from_str::<Placed>(text).ok().map(Place::from),
        })))
    }
}

impl<T> Row<T> {
    /// The row; where it does not decode, its bytes, and a line in the log.
    pub(crate) fn or_bytes(self, log: &Log, record: &str) -> Result<T, u64> {
        self.0.map_err(|Undecoded { why, bytes, place }| {
            let id = place.map(|place| format!(" {}", place.id)).unwrap_or_default();
            log.error(&format!("{record}{id} cannot be read and is left out: {why}"));
            bytes
        })
    }

    /// The row; nothing, and a line in the log, where it does not decode.
    pub(crate) fn or_nothing(self, log: &Log, record: &str) -> Option<T> {
        self.or_bytes(log, record).ok()
    }

    /// Where the row stands in its list.
    pub(crate) fn position(&self, position: impl FnOnce(&T) -> Position) -> Result<Position, Error> {
        match &self.0 {
            Ok(row) => Ok(position(row)),
            Err(Undecoded { place: Some(place), .. }) => Ok(keyset::position(&place.id, place.created_at.clone())),
            Err(Undecoded { why, .. }) => Err(Error::internal(format!("a row cannot be read: {why}"))),
        }
    }
}

/// Those of the rows that decode, each as `view` has it.
pub(crate) fn decoded<T, U>(log: &Log, rows: Vec<Row<T>>, record: &str, view: impl Fn(T) -> U) -> Vec<U> {
    let rows = rows.into_iter().filter_map(|row| row.or_nothing(log, record));
    rows.map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Number {
        id: String,
        number: u32,
    }

    #[test]
    fn a_row_that_does_not_decode_costs_itself_and_keeps_its_place() {
        let rows: Vec<Row<Number>> = serde_json::from_str(
            r#"[{"id":"a","number":1},{"node":{"id":"b","add_time":"infinity"},"number":-1},{"id":"c","number":3},7]"#,
        )
        .unwrap();
        let place = rows[1].position(|_| unreachable!()).unwrap();
        assert_eq!((place.id.as_str(), place.created_at.shown()), ("b", None));
        assert!(rows[3].position(|_| unreachable!()).is_err());
        let log = Log::new("r", runledger_logging::Trace::of(None, None, [0; 32]));
        let numbers = decoded(&log, rows, "row", |row| (row.id, row.number));
        assert_eq!(numbers, [("a".to_owned(), 1), ("c".to_owned(), 3)]);
    }
}
