//! Keyset paging: a part of a list that is ordered by time and id, newest first, and where the next part begins.

use runledger_models::{paging::Position, time::StoredTime};
use serde::{Deserialize, Serialize};

use crate::{Error, stored::Row};

/// Which part of a list a statement is asked for.
#[derive(Debug, Default, Serialize)]
pub(crate) struct KeysetPage<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    before_time: Option<&'a StoredTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_id: Option<&'a str>,
    limit: u32,
}

impl<'a> KeysetPage<'a> {
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
            before_time: place.map(|position| &position.created_at),
            before_id: place.map(|position| position.id.as_str()),
            limit: limit.saturating_add(1),
        }
    }
}

/// Rows of a list as far as the budget goes.
#[derive(Debug, Deserialize)]
pub(crate) struct Rows<T> {
    rows: Vec<T>,
    /// Whether it is the budget that ends them.
    ends_early: bool,
}

impl<T> From<Vec<T>> for Rows<T> {
    /// All rows: they are small.
    fn from(rows: Vec<T>) -> Self {
        Self {
            rows,
            ends_early: false,
        }
    }
}

impl<T> Rows<T> {
    /// At most `limit` of them, and whether there are more.
    pub(crate) fn limited(mut self, limit: u32) -> (Vec<T>, bool) {
        let has_more = self.ends_early || self.rows.len() > limit as usize;
        self.rows.truncate(limit as usize);
        (self.rows, has_more)
    }
}

/// The part itself, of the rows that were answered to [`KeysetPage::before`], and where the next one begins.
pub(crate) fn cut<T, P>(rows: Rows<T>, limit: u32, position: impl FnOnce(&T) -> P) -> (Vec<T>, Option<P>) {
    let (rows, has_more) = rows.limited(limit);
    let next = rows.last().filter(|_| has_more).map(position);
    (rows, next)
}

/// The same for rows that may not decode: those that do not stand where they stand.
pub(crate) fn cut_rows<T>(
    rows: Rows<Row<T>>,
    limit: u32,
    position: impl FnOnce(&T) -> Position,
) -> Result<(Vec<Row<T>>, Option<Position>), Error> {
    let (rows, next) = cut(rows, limit, |row| row.position(position));
    Ok((rows, next.transpose()?))
}

/// The place of a row in a list.
pub(crate) fn position(id: &str, created_at: impl Into<StoredTime>) -> Position {
    Position {
        created_at: created_at.into(),
        id: id.to_owned(),
    }
}
