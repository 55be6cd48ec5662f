//! How many requests are served at once, and how many may wait for that; and how many event streams are open.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::timeout,
};

/// Lets requests in.
pub(crate) struct Admission {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    patience: Duration,
    streams: Arc<Semaphore>,
    stopping: watch::Sender<bool>,
}

/// A request that was let in; it counts as being served until this is dropped.
pub(crate) struct Admitted {
    permit: OwnedSemaphorePermit,
    streams: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

/// An open event stream; it counts as open until this is dropped.
pub(crate) struct OpenStream {
    _permit: OwnedSemaphorePermit,
    /// Ready when the stream has to end.
    pub(crate) stopped: BoxFuture<'static, ()>,
}

impl Admission {
    /// Lets in `max_in_flight` requests at once, and `max_waiting` wait for `patience`. Besides them `max_streams` event
    /// streams may be open.
    pub(crate) fn new(max_in_flight: usize, max_waiting: usize, patience: Duration, max_streams: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max_in_flight)),
            waiting: AtomicUsize::new(0),
            max_waiting,
            patience,
            streams: Arc::new(Semaphore::new(max_streams)),
            stopping: watch::Sender::new(false),
        }
    }

    /// A place for one request until it is dropped; `None` when there are too many.
    pub(crate) async fn admit(&self) -> Option<Admitted> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Some(self.admitted(permit));
        }
        let _place = Place::take(&self.waiting, self.max_waiting)?;
        let permit = timeout(self.patience, Arc::clone(&self.permits).acquire_owned());
        Some(self.admitted(permit.await.ok()?.ok()?))
    }

    fn admitted(&self, permit: OwnedSemaphorePermit) -> Admitted {
        Admitted {
            permit,
            streams: Arc::clone(&self.streams),
            stopping: self.stopping.subscribe(),
        }
    }

    /// Ends the event streams, which would go on for ever.
    pub(crate) fn end_streams(&self) {
        self.stopping.send_replace(true);
    }
}

impl Admitted {
    /// The same request as an event stream: from now on it takes up no place among the requests. `None` when too many
    /// are open.
    pub(crate) fn into_stream(self) -> Option<OpenStream> {
        let Self {
            permit,
            streams,
            mut stopping,
        } = self;
        let stream_permit = streams.try_acquire_owned().ok()?;
        drop(permit);
        Some(OpenStream {
            _permit: stream_permit,
            stopped: Box::pin(async move {
                // Without a sender nobody will say it, but then the server is gone as well.
                let _ = stopping.wait_for(|stopping| *stopping).await;
            }),
        })
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
        let admission = Admission::new(1, 1, Duration::from_millis(20), 1);
        let first = admission.admit().await.unwrap();
        let (second, third) = tokio::join!(admission.admit(), admission.admit());
        assert!(second.is_none(), "it waited in vain");
        assert!(third.is_none(), "the queue was full");
        let ((), second) = tokio::join!(async { drop(first) }, admission.admit());
        assert!(second.is_some(), "a place became free");
    }

    #[tokio::test]
    async fn streams_take_no_place_among_the_requests_and_end_with_the_server() {
        let admission = Admission::new(1, 0, Duration::ZERO, 1);
        let stream = admission.admit().await.unwrap().into_stream().unwrap();
        let request = admission.admit().await.unwrap();
        assert!(request.into_stream().is_none(), "one stream is open");
        let request = admission.admit().await.unwrap();
        admission.end_streams();
        let OpenStream {
            stopped,
            _permit: place,
        } = stream;
        stopped.await;
        drop(place);
        assert!(request.into_stream().is_some(), "the first stream has ended");
    }
}
