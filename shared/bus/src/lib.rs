//! The event bus: changes published on Redis, and readers woken by it.
//!
//! Postgres has the events; Redis only carries them to whoever listens just now, and says that there are new ones.
//! Without Redis, or while it is down, writes and event streams go on; streams then look once a second.

mod relay;
mod wake;

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::Rc,
    time::{Duration, Instant},
};

use futures::future::{Either, select};
use runledger_logging::{Complaints, Log};
use runledger_models::Scope;
use runledger_store::{Db, events};
use spin_sdk::{
    redis::{self, Connection, RedisParameter, RedisResult},
    time::sleep,
};
use thiserror::Error;

pub use wake::{Wake, Woken};

/// How long an instance leaves Redis alone after it failed, so that a server that does not answer holds nobody up.
const REST: Duration = Duration::from_secs(2);

/// How long Redis may take for an answer. Its host may wait for ever: a server that vanished without a word ends no connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The event bus, as one instance of a function sees it. The connection is opened on first use and kept.
pub struct Bus {
    address: String,
    name: String,
    message_limit: usize,
    connection: RefCell<Option<Rc<Connection>>>,
    outbox_id: RefCell<Option<Rc<str>>>,
    failed_at: Cell<Option<Instant>>,
    complaints: Complaints,
}

/// Why Redis did not do what it was asked.
#[derive(Debug, Error)]
pub(crate) enum Error {
    #[error("Redis is out of reach: {0}")]
    Redis(String),
    #[error(transparent)]
    Store(#[from] runledger_store::Error),
}

impl From<redis::Error> for Error {
    fn from(error: redis::Error) -> Self {
        Self::Redis(match error {
            redis::Error::InvalidAddress => "redis_url is no address that may be reached".to_owned(),
            redis::Error::TooManyConnections => "there are too many connections".to_owned(),
            redis::Error::TypeError => "it answered in another type than expected".to_owned(),
            redis::Error::Other(text) => text,
        })
    }
}

impl Bus {
    /// The bus on the Redis server at `address`, with the name that its channels begin with. Messages have at most
    /// `message_limit` bytes.
    pub const fn new(address: String, name: String, message_limit: usize) -> Self {
        Self {
            address,
            name,
            message_limit,
            connection: RefCell::new(None),
            outbox_id: RefCell::new(None),
            failed_at: Cell::new(None),
            complaints: Complaints::new(),
        }
    }

    /// Publishes what is new, unless somebody else is at it, who then does this too. Never fails: what cannot be
    /// published now is published by whoever comes next.
    pub async fn relay(&self, db: &Db) {
        if self.failed_at.get().is_some_and(|at| at.elapsed() < REST) {
            return;
        }
        if let Err(error) = self.try_relay(db).await {
            self.note(&error, db.log());
        }
    }

    /// What wakes a reader of this scope, from the event after the one numbered `seen` on.
    pub async fn wake(self: &Rc<Self>, db: &Db, scope: &Scope, seen: i64) -> Result<Wake, runledger_store::Error> {
        let keys = self.keys(db).await?;
        Ok(Wake::new(Rc::clone(self), keys.wake(scope.user_id()), seen))
    }

    /// The names of what Redis keeps for this bus and the database's outbox.
    async fn keys(&self, db: &Db) -> Result<Keys, runledger_store::Error> {
        let known = self.outbox_id.borrow().clone();
        let outbox_id = match known {
            Some(id) => id,
            None => Rc::from(db.read(events::outbox()).await?.id),
        };
        self.outbox_id.replace(Some(Rc::clone(&outbox_id)));
        // In braces, so that a cluster keeps all of them on one server.
        Ok(Keys(format!("{{runledger:{}:{outbox_id}}}", self.name)))
    }

    /// Runs a command on the kept connection, which is given up when it fails.
    async fn run(
        &self,
        log: &Log,
        command: &str,
        arguments: impl IntoIterator<Item = RedisParameter>,
    ) -> Result<Vec<RedisResult>, Error> {
        let kept = self.connection.borrow().clone();
        let connection = match kept {
            Some(connection) => connection,
            None => Rc::new(self.open().await?),
        };
        self.connection.replace(Some(Rc::clone(&connection)));
        log.count_redis();
        let answer = within(PATIENCE, connection.execute(command, arguments)).await;
        if answer.is_err() {
            self.connection.replace(None);
        }
        answer
    }

    /// A new connection.
    async fn open(&self) -> Result<Connection, Error> {
        within(PATIENCE, Connection::open(&self.address)).await
    }

    /// Notes that something failed, and says so if that was not said just now.
    fn note(&self, error: &Error, log: &Log) {
        self.failed_at.set(Some(Instant::now()));
        self.complaints
            .warn(log, &format!("events are not published for now: {error}"));
    }
}

/// What Redis answers, if it does in this time.
async fn within<T>(time: Duration, answer: impl Future<Output = Result<T, redis::Error>>) -> Result<T, Error> {
    match select(pin!(answer), pin!(sleep(time))).await {
        Either::Left((answer, _)) => Ok(answer?),
        Either::Right(_) => Err(Error::Redis(format!("it did not answer within {time:?}"))),
    }
}

/// The names of what Redis keeps.
struct Keys(String);

impl Keys {
    fn of(&self, name: &str) -> String {
        format!("{}:{name}", self.0)
    }

    /// The keys of a relay, in the order in which its scripts take them.
    fn relay(&self) -> [RedisParameter; 3] {
        ["lease", "asked", "position"].map(|name| text(self.of(name)))
    }

    /// The stream that wakes one user's readers, or those who see everybody.
    fn wake(&self, user: Option<&str>) -> String {
        match user {
            Some(user) => self.of(&format!("user:{user}")),
            None => self.of("everybody"),
        }
    }
}

fn text(text: impl Into<String>) -> RedisParameter {
    RedisParameter::Binary(text.into().into_bytes())
}
