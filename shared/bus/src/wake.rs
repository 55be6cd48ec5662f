//! Waiting for news: a Redis stream for each user, and one for those who see everybody, whose one entry has the number
//! of the last event.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use runledger_logging::Log;
use spin_sdk::{
    redis::{Connection, RedisParameter, RedisResult},
    time::sleep,
};

use crate::{Bus, Error, PATIENCE, text, within};

/// What a wait ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// There are events that the reader has not seen.
    News,
    /// Nothing was heard.
    Nothing,
}

/// What wakes one reader. It has a connection of its own, since it waits on it.
pub struct Wake {
    bus: Rc<Bus>,
    key: String,
    connection: Option<Connection>,
    /// The last event that was published, as far as this reader has heard.
    heard: i64,
}

impl Wake {
    pub(crate) const fn new(bus: Rc<Bus>, key: String, heard: i64) -> Self {
        Self {
            bus,
            key,
            connection: None,
            heard,
        }
    }

    /// The last event that was published, as far as is known.
    pub const fn heard(&self) -> i64 {
        self.heard
    }

    /// Waits until there are events after the one numbered `seen`, for `patience` at most. Without Redis, that long.
    pub async fn wait(&mut self, seen: i64, patience: Duration, log: &Log) -> Woken {
        let started = Instant::now();
        loop {
            let left = patience.saturating_sub(started.elapsed());
            if left < Duration::from_millis(1) {
                return Woken::Nothing;
            }
            match self.listen(left, log).await {
                Ok(Some(heard)) => {
                    self.heard = heard;
                    if heard > seen {
                        return Woken::News;
                    }
                }
                Ok(None) => return Woken::Nothing,
                Err(error) => {
                    self.connection = None;
                    self.bus.note(&error, log);
                    sleep(patience.saturating_sub(started.elapsed())).await;
                    return Woken::Nothing;
                }
            }
        }
    }

    /// The number of a later event than was heard of, if there is one in time.
    async fn listen(&mut self, patience: Duration, log: &Log) -> Result<Option<i64>, Error> {
        let connection = match &self.connection {
            Some(connection) => connection,
            None => self.connection.insert(self.bus.open().await?),
        };
        let milliseconds = i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
        let arguments = [
            text("BLOCK"),
            RedisParameter::Int64(milliseconds),
            text("STREAMS"),
            text(self.key.clone()),
            text(format!("{}-0", self.heard)),
        ];
        log.count_redis();
        let answer = within(patience + PATIENCE, connection.execute("XREAD", arguments)).await?;
        Ok(answer.iter().rev().find_map(entry))
    }
}

/// The event's number, if this is the id of an entry. (The stream's key has braces, the entry's fields have no dash.)
fn entry(part: &RedisResult) -> Option<i64> {
    let RedisResult::Binary(bytes) = part else { return None };
    std::str::from_utf8(bytes).ok()?.strip_suffix("-0")?.parse().ok()
}
