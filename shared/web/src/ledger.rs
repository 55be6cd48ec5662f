//! The ledger, as one request sees it.

use runledger_logging::Log;
use runledger_store::{Budget, Db, Done, Error, IdempotencyKey, Read, Write};

/// Runs statements for one request: on its database, with its log, and what it writes under its idempotency key.
pub struct Ledger {
    db: Db,
    once: Option<IdempotencyKey>,
}

impl Ledger {
    pub(crate) const fn new(db: Db, once: Option<IdempotencyKey>) -> Self {
        Self { db, once }
    }

    /// Runs a statement that only reads.
    pub async fn read<T: 'static>(&self, read: Read<T>) -> Result<T, Error> {
        self.db.read(read).await
    }

    /// Runs the statement that does what the request asks for: once, if the request has a key.
    pub async fn write<T: 'static>(&self, write: Write<T>) -> Result<Done<T>, Error> {
        self.db.write_once(write, self.once.as_ref()).await
    }

    /// The request's log.
    pub const fn log(&self) -> &Log {
        self.db.log()
    }

    /// How large an answer may be.
    pub const fn budget(&self) -> Budget {
        self.db.budget()
    }

    /// The database, for what goes on after the answer: the key was the request's.
    pub fn into_db(self) -> Db {
        self.db
    }
}
