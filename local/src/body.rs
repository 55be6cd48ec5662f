//! Bodies on their way through the host.

use std::{
    pin::{Pin, pin},
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures::future::poll_fn;
use http::{
    HeaderMap, Response,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::{sync::OwnedSemaphorePermit, time::sleep};
use wasmtime_wasi_http::{Error, WasiBody};

use crate::{
    admission::{Admitted, OpenStream, Sending},
    pace::Pace,
    problem::Problem,
    service::Service,
};

// Statuses without a body.
const NO_CONTENT: u16 = 204;
const NOT_MODIFIED: u16 = 304;
/// A body up to this size is read before its request takes a place.
const READ_AHEAD: usize = 1 << 20;
/// A response up to this size is sent whole.
const SHORT: usize = 64 * 1024;
/// How long the head of a response waits for the body, so that both can go out together.
const JOIN_PATIENCE: Duration = Duration::from_millis(5);
/// How long it waits for a body that the component has said to be short.
const SHORT_PATIENCE: Duration = Duration::from_secs(1);

/// A request's body with limits of size and time. What exceeds one is an error to the component, and the problem is
/// remembered for the host.
pub(crate) struct RequestBody {
    body: Incoming,
    left: u64,
    pace: Pace,
    service: Arc<Service>,
    problem: Arc<OnceLock<Problem>>,
    /// What has been read ahead.
    ahead: BytesMut,
    /// The room for it.
    room: Option<OwnedSemaphorePermit>,
    /// What came after it.
    next: Option<Frame<Bytes>>,
}

impl RequestBody {
    /// `body`, within the limits of `service`. `problem` is set when it exceeds one.
    pub(crate) fn new(body: Incoming, service: &Arc<Service>, problem: &Arc<OnceLock<Problem>>) -> Self {
        Self {
            body,
            left: service.limits.max_body_bytes,
            pace: Pace::new(service.limits.patience()),
            service: Arc::clone(service),
            problem: Arc::clone(problem),
            ahead: BytesMut::new(),
            room: None,
            next: None,
        }
    }

    /// Reads what there is room for, so that its request needs no place while it comes.
    pub(crate) async fn read_ahead(&mut self) -> Result<(), Problem> {
        while self.ahead.len() < READ_AHEAD {
            let Some(frame) = poll_fn(|cx| self.poll_next(cx)).await else {
                return Ok(());
            };
            let frame = frame.map_err(|_| self.problem.get().copied().unwrap_or(Problem::BrokenBody))?;
            let room = match frame.data_ref() {
                Some(data) => self.service.admission.read_ahead(data.len()),
                None => None,
            };
            match (frame.into_data(), room) {
                (Ok(data), Some(room)) => {
                    self.ahead.extend_from_slice(&data);
                    match &mut self.room {
                        Some(all) => all.merge(room),
                        None => self.room = Some(room),
                    }
                }
                (Ok(data), None) => {
                    self.next = Some(Frame::data(data));
                    return Ok(());
                }
                (Err(frame), _) => {
                    self.next = Some(frame);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The next frame from the peer.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => {
                let admission = &self.service.admission;
                if self
                    .pace
                    .poll_given_up(cx, || admission.requests_are_short())
                    .is_pending()
                {
                    return Poll::Pending;
                }
                let _ = self.problem.set(Problem::SlowBody);
                return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
            }
        };
        let size = frame.data_ref().map_or(0, Bytes::len);
        self.pace.progress(size);
        let Some(left) = self.left.checked_sub(size as u64) else {
            let _ = self.problem.set(Problem::TooLarge);
            return Poll::Ready(Some(Err(Error::HttpRequestBodySize(None))));
        };
        self.left = left;
        Poll::Ready(Some(Ok(frame)))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !self.ahead.is_empty() {
            // The component's memory has it from here on.
            self.room = None;
            return Poll::Ready(Some(Ok(Frame::data(self.ahead.split().freeze()))));
        }
        match self.next.take() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None => self.poll_next(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ahead.is_empty() && self.next.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let next = self.next.as_ref().and_then(Frame::data_ref).map_or(0, Bytes::len);
        after(self.ahead.len() + next, &self.body.size_hint())
    }
}

/// The size of a body of which `first` bytes have come and `rest` is to come.
fn after(first: usize, rest: &SizeHint) -> SizeHint {
    let first = first as u64;
    let mut hint = SizeHint::new();
    hint.set_lower(rest.lower().saturating_add(first));
    if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(first)) {
        hint.set_upper(upper);
    }
    hint
}

/// A response's body.
pub(crate) enum ResponseBody {
    /// All of it.
    Whole(Option<Bytes>),
    /// A part that has come already, and the rest.
    Streamed {
        /// What has come already.
        first: Bytes,
        /// The rest.
        rest: WasiBody,
        /// The response counts until it has been sent.
        _sending: Sending,
    },
    /// An event stream.
    Events {
        /// Its events.
        events: WasiBody,
        /// Its place.
        open: OpenStream,
    },
}

impl From<Bytes> for ResponseBody {
    fn from(bytes: Bytes) -> Self {
        Self::Whole((!bytes.is_empty()).then_some(bytes))
    }
}

/// A component's response as it is sent: with its body collected, if that is short and soon complete.
pub(crate) async fn finish(
    response: Response<WasiBody>,
    is_head: bool,
    admitted: Admitted,
) -> Result<Response<ResponseBody>, Problem> {
    let (parts, body) = response.into_parts();
    let bodiless =
        is_head || parts.status.is_informational() || matches!(parts.status.as_u16(), NO_CONTENT | NOT_MODIFIED);
    let body = if bodiless {
        Ok(ResponseBody::Whole(None))
    } else if is_event_stream(&parts.headers) {
        let open = admitted.into_stream().ok_or(Problem::Busy)?;
        Ok(ResponseBody::Events { events: body, open })
    } else {
        join(body, content_length(&parts.headers), admitted).await
    };
    match body {
        Ok(body) => Ok(Response::from_parts(parts, body)),
        Err(error) => {
            tracing::error!(%error, "a response's body failed");
            Err(Problem::Failed)
        }
    }
}

/// Whether a response goes on for as long as its reader likes.
fn is_event_stream(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
}

/// The length of a body as its headers give it.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Collects a component's body if it is short and soon complete; `length` is what the component says of its size.
async fn join(mut body: WasiBody, length: Option<u64>, admitted: Admitted) -> Result<ResponseBody, Error> {
    let is_short = length.is_some_and(|length| length <= SHORT as u64);
    let mut collected = Collected::default();
    if length == Some(0) {
        return Ok(collected.into_bytes().into());
    }
    // Only made if there is something to wait for.
    let mut patience = pin!(None);
    while collected.len() < SHORT {
        let next = poll_fn(|cx| {
            if let Poll::Ready(frame) = Pin::new(&mut body).poll_frame(cx) {
                return Poll::Ready(Some(frame));
            }
            if patience.is_none() {
                patience.set(Some(sleep(if is_short { SHORT_PATIENCE } else { JOIN_PATIENCE })));
            }
            match patience.as_mut().as_pin_mut().map(|patience| patience.poll(cx)) {
                Some(Poll::Ready(())) => Poll::Ready(None),
                _ => Poll::Pending,
            }
        });
        match next.await {
            Some(Some(frame)) => {
                if let Ok(data) = frame?.into_data() {
                    collected.push(data);
                }
                // The end itself comes later, and says nothing new.
                if length == Some(collected.len() as u64) {
                    return Ok(collected.into_bytes().into());
                }
            }
            // A body that is shorter than it should be does not always end with an error.
            Some(None) if length.is_some() => return Err(Error::HttpResponseBodySize(length)),
            Some(None) => return Ok(collected.into_bytes().into()),
            None => break,
        }
    }
    Ok(ResponseBody::Streamed {
        first: collected.into_bytes(),
        rest: body,
        _sending: admitted.into_sending(),
    })
}

/// Pieces of a body; a single one is not copied.
#[derive(Default)]
struct Collected {
    first: Bytes,
    more: BytesMut,
}

impl Collected {
    fn len(&self) -> usize {
        self.first.len() + self.more.len()
    }

    fn push(&mut self, data: Bytes) {
        if self.first.is_empty() {
            self.first = data;
        } else {
            self.more.extend_from_slice(&data);
        }
    }

    fn into_bytes(self) -> Bytes {
        if self.more.is_empty() {
            return self.first;
        }
        let mut all = BytesMut::from(self.first);
        all.unsplit(self.more);
        all.freeze()
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Streamed { first, .. } if !first.is_empty() => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(first)))))
            }
            Self::Streamed { rest, .. } => Pin::new(rest).poll_frame(cx),
            Self::Events { events, open } => match Pin::new(events).poll_frame(cx) {
                // The end comes between two pieces; a reader asks again for what it did not get.
                Poll::Pending => open.stopped.as_mut().poll(cx).map(|()| None),
                frame @ Poll::Ready(_) => frame,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Streamed { first, rest, .. } => first.is_empty() && rest.is_end_stream(),
            Self::Events { events, .. } => events.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Streamed { first, rest, .. } => after(first.len(), &rest.size_hint()),
            Self::Events { events, .. } => events.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt as _, stream};
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;
    use crate::{admission::Admission, options::tests::limits};

    /// A body of `pieces`, the last of which never comes if it is `None`.
    fn body(pieces: &[Option<&'static str>]) -> WasiBody {
        let pieces = pieces.to_vec();
        let frames = stream::iter(pieces).then(|piece| async move {
            match piece {
                Some("error") => Err(Error::HttpProtocolError),
                Some(piece) => Ok(Frame::data(Bytes::from_static(piece.as_bytes()))),
                None => std::future::pending().await,
            }
        });
        StreamBody::new(frames).boxed_unsync()
    }

    async fn joined(pieces: &[Option<&'static str>], length: Option<u64>) -> Result<ResponseBody, Error> {
        let admitted = Admission::new(&limits(&[])).admit().await.unwrap();
        join(body(pieces), length, admitted).await
    }

    #[tokio::test]
    async fn a_short_body_is_sent_whole() {
        for (pieces, length) in [
            (&[Some("one"), Some(" two")][..], None),
            (&[Some("one"), Some(" two"), None][..], Some(7)),
        ] {
            let body = joined(pieces, length).await.unwrap();
            assert!(matches!(body, ResponseBody::Whole(Some(bytes)) if bytes == "one two"));
        }
        assert!(joined(&[], None).await.unwrap().is_end_stream());
    }

    #[tokio::test]
    async fn a_body_that_takes_its_time_is_streamed() {
        let mut body = joined(&[Some("one"), Some(" two"), None], None).await.unwrap();
        assert_eq!(body.size_hint().lower(), 7);
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "one two");
    }

    #[tokio::test]
    async fn a_body_that_fails_before_it_is_sent_is_an_error() {
        assert!(joined(&[Some("one"), Some("error")], None).await.is_err());
        assert!(joined(&[Some("one")], Some(4)).await.is_err(), "too short");
    }
}
