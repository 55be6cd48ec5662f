//! Which connection runs the next statement of a component's `connection`.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    pool::{CheckedOut, Pool},
    session::Manner,
};
use crate::bindings::spin::postgres::postgres::Error;

/// Lends connections to the statements of one component's `connection`.
#[derive(Clone)]
pub(super) enum Lender {
    /// Any of the pool.
    Pool(Arc<Pool>),
    /// Always the same one, as with Spin: statements wait for each other.
    Held(Arc<Mutex<CheckedOut>>),
}

/// A connection for one statement.
pub(super) enum Lent {
    Own(Box<CheckedOut>),
    Held(OwnedMutexGuard<CheckedOut>),
}

impl Lender {
    pub(super) async fn new(pool: Arc<Pool>) -> Result<Self, Error> {
        Ok(match pool.manner() {
            Manner::LikeSpin => Self::Held(Arc::new(Mutex::new(pool.check_out().await?))),
            Manner::Prepared | Manner::Unnamed => Self::Pool(pool),
        })
    }

    pub(super) async fn lend(&self) -> Result<Lent, Error> {
        Ok(match self {
            Self::Pool(pool) => Lent::Own(Box::new(pool.check_out().await?)),
            Self::Held(held) => {
                let mut held = Arc::clone(held).lock_owned().await;
                held.settle().await?;
                Lent::Held(held)
            }
        })
    }
}

impl Deref for Lent {
    type Target = CheckedOut;

    fn deref(&self) -> &CheckedOut {
        match self {
            Self::Own(connection) => connection,
            Self::Held(connection) => connection,
        }
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut CheckedOut {
        match self {
            Self::Own(connection) => connection,
            Self::Held(connection) => connection,
        }
    }
}
