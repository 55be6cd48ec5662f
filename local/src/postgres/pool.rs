//! Pools of connections, one for each address.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{
    address::Address,
    error::{connection_failed, query_failed},
    session::{Manner, Session},
};
use crate::{bindings::spin::postgres::postgres::Error, outbound::AllowedHosts};

/// Addresses that one host keeps pools for. Components choose addresses, so there must be an end.
const MAX_POOLS: usize = 64;
/// How long an abandoned statement may go on before it is cancelled.
const ABANDONED_GRACE: Duration = Duration::from_millis(250);
/// How long a cancellation may take.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// Limits of each pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections.
    pub(crate) size: usize,
    /// How long a statement waits for a connection.
    pub(crate) wait: Duration,
    /// How long making a connection may take.
    pub(crate) connect: Duration,
    /// How statements are sent.
    pub(crate) manner: Manner,
}

/// An address and the root certificate given with it.
type Key = (String, Option<String>);

/// The pools of all addresses.
pub(crate) struct Pools {
    limits: Limits,
    pools: Mutex<HashMap<Key, Arc<Pool>>>,
}

impl Pools {
    /// No pools yet.
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            pools: Mutex::default(),
        }
    }

    /// The pool of `address`, if the component may reach it.
    pub(super) fn get(&self, address: &str, ca_root: Option<&str>, allowed: &AllowedHosts) -> Result<Arc<Pool>, Error> {
        // Parsed each time, since another component may have been allowed what this one is not.
        let parsed = Address::parse(address, ca_root, allowed)?;
        let mut pools = lock(&self.pools);
        let key = (address.to_owned(), ca_root.map(ToOwned::to_owned));
        if let Some(pool) = pools.get(&key) {
            return Ok(Arc::clone(pool));
        }
        if pools.len() >= MAX_POOLS {
            return Err(Error::ConnectionFailed(format!(
                "more than {MAX_POOLS} Postgres addresses are in use"
            )));
        }
        let pool = Arc::new(Pool {
            address: parsed,
            limits: self.limits,
            permits: Arc::new(Semaphore::new(self.limits.size)),
            idle: Mutex::default(),
        });
        pools.insert(key, Arc::clone(&pool));
        Ok(pool)
    }
}

/// The connections to one address.
pub(crate) struct Pool {
    address: Address,
    limits: Limits,
    permits: Arc<Semaphore>,
    /// The most recently used last, which is the first to be used again.
    idle: Mutex<Vec<Session>>,
}

impl Pool {
    /// How statements are sent.
    pub(super) fn manner(&self) -> Manner {
        self.limits.manner
    }

    /// A connection that stands, as far as is known.
    pub(super) async fn check_out(self: &Arc<Self>) -> Result<CheckedOut, Error> {
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait_for_permit().await?,
        };
        loop {
            let idle = lock(&self.idle).pop();
            let Some(mut session) = idle else { break };
            if session.is_open() && session.clean().await {
                return Ok(CheckedOut::new(self, session, permit));
            }
        }
        let session = timeout(self.limits.connect, Session::connect(&self.address, self.limits.manner))
            .await
            .map_err(|_| Error::ConnectionFailed(format!("Postgres did not answer within {:?}", self.limits.connect)))?
            .map_err(|error| connection_failed(&error))?;
        Ok(CheckedOut::new(self, session, permit))
    }

    async fn wait_for_permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        match timeout(self.limits.wait, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Error::ConnectionFailed(format!(
                "all {} connections to Postgres were busy for {:?}",
                self.limits.size, self.limits.wait
            ))),
        }
    }
}

/// A connection out of its pool, to which it returns when this is dropped.
pub(super) struct CheckedOut {
    pool: Arc<Pool>,
    /// There until dropped.
    session: Option<Session>,
    /// There until dropped.
    permit: Option<OwnedSemaphorePermit>,
    /// Whether the server may still be at work.
    busy: bool,
}

impl CheckedOut {
    fn new(pool: &Arc<Pool>, session: Session, permit: OwnedSemaphorePermit) -> Self {
        Self {
            pool: Arc::clone(pool),
            session: Some(session),
            permit: Some(permit),
            busy: false,
        }
    }

    /// The connection, from now on counted as busy.
    pub(super) fn session(&mut self) -> &mut Session {
        self.busy = true;
        #[expect(clippy::expect_used, reason = "it is taken out in `drop` alone")]
        self.session.as_mut().expect("a connection that is checked out")
    }

    /// How its statements are sent.
    pub(super) fn manner(&self) -> Manner {
        self.pool.manner()
    }

    /// Says that the server has answered all that it was asked.
    pub(super) fn at_rest(&mut self) {
        self.busy = false;
    }

    /// Waits until the server has answered what was asked and given up before.
    pub(super) async fn settle(&mut self) -> Result<(), Error> {
        if self.busy {
            self.session().settle().await.map_err(|error| query_failed(&error))?;
            self.at_rest();
        }
        Ok(())
    }

    /// Says that the server only reads by now: it was the primary once. The next connection may find the new one.
    pub(super) fn discard_all(&mut self) {
        if let Some(session) = &mut self.session {
            session.changed = true;
        }
        lock(&self.pool.idle).clear();
    }
}

impl Drop for CheckedOut {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        // Spin hands a connection on as it is.
        if session.changed && self.pool.manner() != Manner::LikeSpin {
            return;
        }
        if !self.busy {
            lock(&self.pool.idle).push(session);
            return;
        }
        // A statement was abandoned: its request is over, or its rows are not wanted.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(settle(Arc::clone(&self.pool), session, self.permit.take()));
        }
    }
}

/// Lets an abandoned statement end, or ends it. The permit stays taken meanwhile, so that the server never sees more
/// connections than it should.
async fn settle(pool: Arc<Pool>, mut session: Session, _permit: Option<OwnedSemaphorePermit>) {
    if let Ok(Ok(())) = timeout(ABANDONED_GRACE, session.settle()).await {
        lock(&pool.idle).push(session);
        return;
    }
    // Cancelling may hit the connection's next statement, so there is none.
    let cancelled = timeout(CANCEL_TIMEOUT, session.canceller().cancel()).await;
    tracing::debug!(done = cancelled.is_ok(), "cancelled an abandoned statement");
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
