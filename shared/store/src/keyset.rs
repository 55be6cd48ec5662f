//! Keyset paging: a part of a list that is ordered by time and id, newest first, and where the next part begins.

use runledger_models::{Id, Timestamp, paging::Position};
use serde::Serialize;

use crate::Error;

/// Which part of a list a statement is asked for.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Part<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    before_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_id: Option<&'a str>,
    limit: u32,
}

impl<'a> Part<'a> {
    /// The `limit` newest rows.
    pub(crate) fn newest(limit: u32) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// The `limit` rows before a place, or from the newest on. One more is asked for, which tells whether there are more.
    pub(crate) fn before(place: Option<&'a Position>, limit: u32) -> Self {
        Self {
            before_time: place.map(|position| position.created_at),
            before_id: place.map(|position| position.id.as_str()),
            limit: limit + 1,
        }
    }
}

/// The part itself, of the rows that were answered to [`Part::before`], and where the next one begins.
pub(crate) fn cut<T>(
    mut rows: Vec<T>,
    limit: u32,
    position: impl FnOnce(&T) -> Result<Position, Error>,
) -> Result<(Vec<T>, Option<Position>), Error> {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(position).transpose()?;
    Ok((rows, next))
}

/// The place of a row in a list.
pub(crate) fn position(id: &str, created_at: Timestamp) -> Result<Position, Error> {
    let id = Id::parse(id).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Position { created_at, id })
}
