//! A stream of events: what was missed, then what happens, until the reader goes or its time is over.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use runledger_bus::{Wake, Woken};
use runledger_logging::Complaints;
use runledger_models::{
    Caller, Event, Scope, Timestamp,
    event::{Message, RecordChange, gap},
};
use runledger_store::{
    Db, Error,
    events::{self, Batch, BatchLimit, Filter, MAX_DATA},
};
use spin_sdk::{time::sleep, wasip3::spawn};

use super::{Follow, Round, follow, write_event};
use crate::{Config, Gone, Ledger, Problem, Sink, Stream};

/// How often the reader hears something, even if nothing happens.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often the database is asked, whatever Redis says: a little under the second within which changes are to be seen.
const INTERVAL: Duration = Duration::from_millis(950);
/// How long a stream lives. Its reader comes back, with a token that still holds, perhaps to another instance.
const LIFE: Duration = Duration::from_mins(30);
/// What is read at once, and so what a stream holds in memory at most, besides one event of any size.
const BATCH_LIMIT: BatchLimit = BatchLimit {
    limit: 100,
    max_bytes: 1 << 20,
    max_data_bytes: MAX_DATA,
};

/// How much is told of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The record as it stood, with what went in and came out.
    Record,
    /// Which execution changed, for who looks for the rest elsewhere.
    Which,
}

/// What ends a round.
enum End {
    /// Nobody reads any more.
    Gone,
    /// The database did not answer; the next round may be luckier.
    Trouble(Error),
}

impl From<Gone> for End {
    fn from(Gone: Gone) -> Self {
        Self::Gone
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Trouble(error)
    }
}

/// A stream of one reader.
pub struct Tail {
    scope: Scope,
    filter: Filter,
    detail: Detail,
    shows_activity: bool,
    expires_at: Option<f64>,
    db: Rc<Db>,
    config: Rc<Config>,
    /// Up to here nothing is left out.
    position: i64,
    /// The last event that was sent.
    sent: i64,
    complaints: Complaints,
    /// The last event at the start.
    head: i64,
    began: Instant,
    /// What tells of news, where there is Redis.
    wake: Option<Wake>,
    woken: Woken,
    is_relaying: Rc<Cell<bool>>,
}

impl Tail {
    /// One of what happens from now on, until the token expires. That is settled before a response begins: what its reader
    /// does then is seen.
    pub async fn open(
        caller: &Caller,
        filter: Filter,
        detail: Detail,
        expires_at: Option<f64>,
        ledger: Ledger,
        config: Rc<Config>,
    ) -> Result<Self, Problem> {
        let db = ledger.into_db();
        number_all(&db).await?;
        let head = db.read(events::head()).await?;
        Ok(Self {
            scope: caller.scope(),
            filter,
            detail,
            shows_activity: config.shows_activity(caller),
            expires_at,
            db: Rc::new(db),
            config,
            position: 0,
            sent: 0,
            complaints: Complaints::new(),
            head,
            began: Instant::now(),
            wake: None,
            woken: Woken::News,
            is_relaying: Rc::new(Cell::new(false)),
        })
    }

    /// Streams the events after the one numbered `asked`, or those from now on.
    pub fn stream(self, asked: Option<i64>) -> Stream {
        Stream::new(move |sink| self.run(sink, asked))
    }

    async fn run(mut self, mut sink: Sink, asked: Option<i64>) {
        let head = self.head;
        // A number that was never given belongs to another database, or to one that was set back.
        let unknown = asked.filter(|asked| *asked > head);
        self.position = asked.unwrap_or(head).min(head);
        self.sent = self.position;
        // An id without data is no event, but readers keep it: whoever loses the connection now misses nothing later.
        let mut greeting = format!(": the events after this one\nid: {}\n\n", self.position);
        if let Some(unknown) = unknown {
            self.write_gap(unknown, &mut greeting);
        }
        if sink.send(greeting.as_bytes()).await.is_ok() {
            // Its end is all that there is to say: the reader has gone, or is to come back.
            let _ = follow(&mut self, &mut sink, HEARTBEAT).await;
        }
    }

    /// Sends what is new; whether there was anything.
    async fn send_news(&mut self, sink: &mut Sink) -> Result<bool, End> {
        if self.woken == Woken::Nothing {
            let mut peek = self.db.read(events::peek(&self.scope, self.position)).await?;
            if peek.has_unnumbered {
                number_all(&self.db).await?;
                peek = self.db.read(events::peek(&self.scope, self.position)).await?;
            }
            if !peek.has_news {
                return Ok(false);
            }
        }
        let (mut has_sent, mut has_numbered) = (false, false);
        let max_data_bytes = if self.detail == Detail::Which { 0 } else { MAX_DATA };
        let limit = BatchLimit {
            max_data_bytes,
            ..BATCH_LIMIT
        };
        loop {
            let batch = self
                .db
                .read(events::read(&self.scope, &self.filter, self.position, limit))
                .await?;
            let (is_full, has_unnumbered) = (batch.is_full, batch.has_unnumbered);
            has_sent |= self.send(sink, batch).await?;
            // Once in a round: what a transaction that is not over has its hand on stays without a number.
            if has_unnumbered && !has_numbered {
                self.db.read(events::number(None)).await?;
                has_numbered = true;
            } else if !is_full {
                return Ok(has_sent);
            }
        }
    }

    /// Sends a batch; whether it held anything.
    async fn send(&mut self, sink: &mut Sink, batch: Batch) -> Result<bool, Gone> {
        let mut text = String::new();
        if self.position < batch.pruned_through {
            let after = self.position;
            self.position = batch.pruned_through;
            self.write_gap(after, &mut text);
        }
        for event in batch.events {
            let seq = event.seq;
            match self.detail {
                Detail::Record => {
                    let limit = self.config.max_message_size;
                    write(seq, &self.as_seen(event).into_message(limit), &mut text);
                }
                Detail::Which => {
                    let which = serde_json::json!({ "graph_exec_id": event.graph_exec_id });
                    write_event(&mut text, Some(seq), "change", &which.to_string());
                }
            }
            self.position = seq;
            self.sent = seq;
        }
        let has_any = !text.is_empty();
        sink.send(text.as_bytes()).await?;
        self.position = batch.position;
        Ok(has_any)
    }

    /// The event as its reader may see it.
    fn as_seen(&self, mut event: Event) -> Event {
        if let RecordChange::Graph(execution) = &mut event.change
            && let Some(stats) = &mut execution.base.stats
            && !self.shows_activity
        {
            stats.hide_activity();
        }
        event
    }

    /// Tells that the events between `after` and the present position are not there.
    fn write_gap(&self, after: i64, text: &mut String) {
        match gap(after, self.position) {
            Ok(message) => write(self.position, &message, text),
            Err(error) => self.db.log().error(&format!("a gap cannot be written: {error}")),
        }
    }

    /// Has published what this reader saw before Redis did: changes that were made past the API, or while Redis was
    /// away.
    fn publish(&self) {
        let (bus, db) = (self.config.bus.clone(), Rc::clone(&self.db));
        let is_relaying = Rc::clone(&self.is_relaying);
        spawn(async move {
            if let Some(bus) = bus {
                bus.relay(&db).await;
            }
            is_relaying.set(false);
        });
    }

    fn token_has_expired(&self) -> bool {
        let now = Timestamp::now().millis() as f64 / 1000.0;
        self.expires_at.is_some_and(|expires_at| now >= expires_at)
    }

    fn complain(&self, error: &Error) {
        self.complaints.warn(
            self.db.log(),
            &format!("a stream of events waits for the database: {error}"),
        );
    }
}

impl Follow for Tail {
    type End = ();
    type Error = Gone;

    async fn round(&mut self, sink: &mut Sink) -> Result<Round<()>, Gone> {
        let has_sent = match self.send_news(sink).await {
            Ok(has_sent) => has_sent,
            Err(End::Gone) => return Err(Gone),
            Err(End::Trouble(error)) => {
                self.complain(&error);
                false
            }
        };
        Ok(if self.began.elapsed() >= LIFE || self.token_has_expired() {
            Round::Ended(())
        } else if has_sent {
            Round::Sent
        } else {
            Round::Quiet
        })
    }

    fn heartbeat(&self) -> String {
        format!(": heartbeat\nid: {}\n\n", self.position)
    }

    async fn wait(&mut self) {
        if let (None, Some(bus)) = (&self.wake, &self.config.bus) {
            // Not from where the reader is: what it saw since the start may be unknown to Redis.
            match bus.wake(&self.db, &self.scope, self.head).await {
                Ok(made) => self.wake = Some(made),
                Err(error) => self.complain(&error),
            }
        }
        let heard = self.wake.as_ref().map(Wake::heard);
        if heard.is_some_and(|heard| self.sent > heard) && !self.is_relaying.replace(true) {
            self.publish();
        }
        self.woken = if let Some(wake) = &mut self.wake {
            wake.wait(self.position, INTERVAL, self.db.log()).await
        } else {
            sleep(INTERVAL).await;
            Woken::Nothing
        };
    }
}

/// Numbers all events that are committed.
async fn number_all(db: &Db) -> Result<(), Error> {
    while db.read(events::number(None)).await? {}
    Ok(())
}

/// Writes an event as a stream has it.
fn write(seq: i64, message: &Message, text: &mut String) {
    write_event(text, Some(seq), message.event_type.as_str(), &message.data);
}
