//! How many requests are served at once, and how many may wait for that; how many long responses are on their way, how
//! many event streams are open, and how much is read of bodies whose requests have no place yet.

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

use crate::options::Limits;

/// Lets requests in.
pub(crate) struct Admission {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    patience: Duration,
    sending: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    /// In bytes.
    read_ahead: Arc<Semaphore>,
    stopping: watch::Sender<bool>,
}

/// A request that was let in; it counts as being served until this is dropped.
pub(crate) struct Admitted {
    permit: OwnedSemaphorePermit,
    sending: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

/// A response on its way to its peer; it counts until this is dropped.
pub(crate) struct Sending {
    _permit: OwnedSemaphorePermit,
}

/// An open event stream; it counts as open until this is dropped.
pub(crate) struct OpenStream {
    _permit: OwnedSemaphorePermit,
    /// Ready when the stream has to end.
    pub(crate) stopped: BoxFuture<'static, ()>,
}

impl Admission {
    /// Lets in as many as `limits` say.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(limits.max_in_flight)),
            waiting: AtomicUsize::new(0),
            max_waiting: limits.max_queued,
            patience: limits.queue_deadline_ms,
            sending: Arc::new(Semaphore::new(limits.max_sending)),
            streams: Arc::new(Semaphore::new(limits.max_streams)),
            read_ahead: Arc::new(Semaphore::new(limits.read_ahead_mib << 20)),
            stopping: watch::Sender::new(false),
        }
    }

    /// Whether requests have to wait for a place.
    pub(crate) fn requests_are_short(&self) -> bool {
        self.permits.available_permits() == 0
    }

    /// Whether no place is left for one more response that takes its time, or one more event stream.
    pub(crate) fn responses_are_short(&self) -> bool {
        self.sending.available_permits() == 0 || self.streams.available_permits() == 0
    }

    /// Room for `bytes` of a body whose request has no place yet.
    pub(crate) fn read_ahead(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.read_ahead).try_acquire_many_owned(bytes).ok()
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
            sending: Arc::clone(&self.sending),
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
    /// The same request as a response on its way: its peer decides how long that takes, so it gives back its place among
    /// the requests as long as there is one for it elsewhere.
    pub(crate) fn into_sending(self) -> Sending {
        let sending = self.sending.try_acquire_owned();
        Sending {
            _permit: sending.unwrap_or(self.permit),
        }
    }

    /// The same request as an event stream: from now on it takes up no place among the requests. `None` when too many
    /// are open.
    pub(crate) fn into_stream(self) -> Option<OpenStream> {
        let Self {
            permit,
            streams,
            mut stopping,
            ..
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
    use crate::options::tests::limits;

    #[tokio::test]
    async fn the_queue_has_an_end_in_length_and_in_time() {
        let admission = Admission::new(&limits(&[
            "--max-in-flight=1",
            "--max-queued=1",
            "--queue-deadline-ms=20",
        ]));
        let first = admission.admit().await.unwrap();
        let (second, third) = tokio::join!(admission.admit(), admission.admit());
        assert!(second.is_none(), "it waited in vain");
        assert!(third.is_none(), "the queue was full");
        let ((), second) = tokio::join!(async { drop(first) }, admission.admit());
        assert!(second.is_some(), "a place became free");
    }

    #[tokio::test]
    async fn streams_take_no_place_among_the_requests_and_end_with_the_server() {
        let admission = Admission::new(&limits(&["--max-in-flight=1", "--max-queued=0", "--max-streams=1"]));
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
    #[tokio::test]
    async fn responses_on_their_way_leave_their_place_as_long_as_there_is_another() {
        let admission = Admission::new(&limits(&["--max-in-flight=1", "--max-queued=0", "--max-sending=1"]));
        let first = admission.admit().await.unwrap().into_sending();
        let second = admission.admit().await.unwrap().into_sending();
        assert!(admission.responses_are_short());
        assert!(admission.admit().await.is_none(), "the second kept its place");
        drop(first);
        assert!(!admission.responses_are_short());
        assert!(admission.admit().await.is_none());
        drop(second);
        assert!(admission.admit().await.is_some());
    }
}
