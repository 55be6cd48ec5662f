//! How many requests are served at once, and how many may wait for that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Lets requests in.
pub(crate) struct Admission {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    patience: Duration,
}

impl Admission {
    /// Lets in `max_in_flight` requests at once, and `max_waiting` wait for `patience`.
    pub(crate) fn new(max_in_flight: usize, max_waiting: usize, patience: Duration) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max_in_flight)),
            waiting: AtomicUsize::new(0),
            max_waiting,
            patience,
        }
    }

    /// A place for one request until it is dropped; `None` when there are too many.
    pub(crate) async fn admit(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Some(permit);
        }
        let _place = Place::take(&self.waiting, self.max_waiting)?;
        timeout(self.patience, Arc::clone(&self.permits).acquire_owned())
            .await
            .ok()?
            .ok()
    }
}

/// A place in the queue, until it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, max: usize) -> Option<Self> {
        // Made before the comparison, so that it is given back either way.
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < max).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_queue_has_an_end_in_length_and_in_time() {
        let admission = Admission::new(1, 1, Duration::from_millis(20));
        let first = admission.admit().await.unwrap();
        let (second, third) = tokio::join!(admission.admit(), admission.admit());
        assert!(second.is_none(), "it waited in vain");
        assert!(third.is_none(), "the queue was full");
        let ((), second) = tokio::join!(async { drop(first) }, admission.admit());
        assert!(second.is_some(), "a place became free");
    }
}
