//! Publishing: one relay at a time takes events from the outbox and gives them to Redis, in order and each once.
//!
//! A lease in Redis says who it is. Whoever has written asks by counting up; the relay gives its lease up only if
//! nobody has asked since it last looked, and both are one script each, so that no wish is lost between them.

use std::collections::BTreeMap;

use runledger_models::{AnyUser, Event, Id, Scope};
use runledger_store::{
    Db,
    events::{self, BatchLimit, Filter},
};
use spin_sdk::redis::{RedisParameter, RedisResult};

use crate::{Bus, Error, Keys, text};

const ACQUIRE: &str = include_str!("acquire.lua");
const PUBLISH: &str = include_str!("publish.lua");
const RELEASE: &str = include_str!("release.lua");

/// How long a relay that does not come back keeps others from it, in milliseconds.
const LEASE: i64 = 15_000;
/// What is published at once.
const BATCH_LIMIT: BatchLimit = BatchLimit {
    limit: 200,
    max_bytes: 4 << 20,
    max_data_bytes: events::MAX_DATA,
};

/// How often one relay does so. Then it leaves the rest to the next writer or stream, since no instance works for ever.
const MAX_STEPS: usize = 100;

/// A relay that holds the lease.
struct Relay<'a> {
    bus: &'a Bus,
    db: &'a Db,
    keys: Keys,
    token: String,
    /// How often was asked when this one last looked.
    asked: String,
    /// The last event that was published.
    position: i64,
}

impl Bus {
    pub(crate) async fn try_relay(&self, db: &Db) -> Result<(), Error> {
        let keys = self.keys(db).await?;
        let token = Id::generate().as_str().to_owned();
        let arguments = [text(ACQUIRE), text("3")]
            .into_iter()
            .chain(keys.relay())
            .chain([text(token.clone()), text(LEASE.to_string())]);
        let answer = self.run(db.log(), "EVAL", arguments).await?;
        let [RedisResult::Int64(1), RedisResult::Int64(asked), rest @ ..] = answer.as_slice() else {
            return Ok(());
        };
        let position = rest.first().and_then(number);
        let asked = asked.to_string();
        let mut relay = Relay {
            bus: self,
            db,
            keys,
            token,
            asked,
            position: position.unwrap_or_default(),
        };
        let done = relay.run(position.is_some()).await;
        if done.is_err() {
            // Somebody else may have better luck. If this fails as well, the lease runs out.
            let _ = relay.release().await;
        }
        done
    }
}

impl Relay<'_> {
    /// Publishes what there is.
    async fn run(&mut self, knows_position: bool) -> Result<(), Error> {
        if !knows_position {
            self.position = self.db.read(events::outbox()).await?.published;
        }
        for _ in 0..MAX_STEPS {
            if !self.step().await? {
                return Ok(());
            }
        }
        self.release().await
    }

    async fn release(&self) -> Result<(), Error> {
        let lease = text(self.keys.of("lease"));
        let arguments = [text(RELEASE), text("1"), lease, text(self.token.clone())];
        self.bus.run(self.db.log(), "EVAL", arguments).await.map(|_| ())
    }

    /// Publishes some events; whether there is more to do.
    async fn step(&mut self) -> Result<bool, Error> {
        let more_to_number = self.db.read(events::number(Some(self.position))).await?;
        let everybody = Scope::Any(AnyUser::for_own_work());
        let batch = self
            .db
            .read(events::read(&everybody, &Filter::default(), self.position, BATCH_LIMIT))
            .await?;
        let is_last = !batch.is_full && !more_to_number;
        // The numbers have gone back, as after a restore: those to come are published, not those that were before.
        let after = if self.position > batch.last {
            batch.last
        } else {
            batch.position
        };
        let arguments = self.arguments(batch.events, after, is_last);
        let answer = self.bus.run(self.db.log(), "EVAL", arguments).await?;
        match answer.as_slice() {
            [RedisResult::Int64(0), asked] => {
                self.position = after;
                self.asked = number(asked).unwrap_or_default().to_string();
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn arguments(&self, events: Vec<Event>, after: i64, is_last: bool) -> Vec<RedisParameter> {
        let before = self.position;
        let mut streams: BTreeMap<Option<String>, i64> = BTreeMap::new();
        let mut messages = Vec::new();
        let count = events.len();
        for event in events {
            streams.insert(None, event.seq);
            streams.insert(Some(event.user_id.clone()), event.seq);
            messages.push(text(self.channel(&event)));
            messages.push(text(event.into_message(self.bus.message_limit).data));
        }
        let mut arguments = vec![text(PUBLISH), text((3 + streams.len()).to_string())];
        arguments.extend(self.keys.relay());
        arguments.extend(streams.keys().map(|user| text(self.keys.wake(user.as_deref()))));
        arguments.extend([
            text(self.token.clone()),
            text(LEASE.to_string()),
            text(before.to_string()),
            text(after.to_string()),
            text(if is_last { self.asked.clone() } else { String::new() }),
            text(count.to_string()),
        ]);
        arguments.append(&mut messages);
        arguments.extend(streams.values().map(|seq| text(seq.to_string())));
        arguments
    }

    fn channel(&self, event: &Event) -> String {
        let Event {
            user_id,
            graph_id,
            graph_exec_id,
            ..
        } = event;
        let ids = [user_id, graph_id, graph_exec_id].map(|id| escaped(id));
        format!("{}/{}", self.bus.name, ids.join("/"))
    }
}

/// An id inside a channel's name. What separates ids there, or is a pattern's to `PSUBSCRIBE`, is percent-encoded, so that
/// a channel has one owner, graph and execution, whatever their ids are.
fn escaped(id: &str) -> String {
    let mut escaped = String::with_capacity(id.len());
    for character in id.chars() {
        match character {
            '/' | '*' | '?' | '[' | ']' | '\\' | '%' => {
                escaped.push('%');
                escaped.extend(format!("{:02X}", u32::from(character)).chars());
            }
            other => escaped.push(other),
        }
    }
    escaped
}

fn number(result: &RedisResult) -> Option<i64> {
    match result {
        RedisResult::Int64(number) => Some(*number),
        RedisResult::Binary(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
        _ => None,
    }
}
