//! Responses that are written as things happen.

use std::{
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use futures::future::poll_fn;
use spin_sdk::{
    time::sleep,
    wasip3::{
        http::types,
        http_compat::BodyWriter,
        spawn,
        wit_bindgen::{StreamResult, StreamWriter},
    },
};

/// How long a reader may take for one piece before its stream is ended. It comes back for the rest when it can.
const PATIENCE: Duration = Duration::from_mins(5);
/// A piece.
const PIECE: usize = 64 * 1024;

type Running = Pin<Box<dyn Future<Output = ()>>>;

/// A response's body as a task that writes it.
pub struct Stream(Box<dyn FnOnce(Sink) -> Running>);

/// Whoever was to read the stream does not: the connection is gone, or nothing has been taken from it for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

/// Where a stream is written to.
pub struct Sink {
    writer: StreamWriter<u8>,
}

impl Stream {
    /// The stream that this task writes; it ends with the task.
    pub fn new<F: Future<Output = ()> + 'static>(task: impl FnOnce(Sink) -> F + 'static) -> Self {
        Self(Box::new(|sink| Box::pin(task(sink))))
    }

    pub(crate) fn into_response(self, head: &http::Response<()>) -> Result<types::Response, types::ErrorCode> {
        let headers = head
            .headers()
            .clone()
            .try_into()
            .map_err(|error| types::ErrorCode::InternalError(Some(format!("{error:?}"))))?;
        let (body, reader, result) = BodyWriter::new();
        let (response, _sent) = types::Response::new(headers, Some(reader), result);
        // Any status that the http crate knows is one.
        let _ = response.set_status_code(head.status().as_u16());
        let BodyWriter {
            stream_writer: writer,
            result_writer,
            ..
        } = body;
        spawn(async move {
            (self.0)(Sink { writer }).await;
            // Without it the end would look like a failure. Nobody may be there to hear it.
            let _ = result_writer.write(Ok(None)).await;
        });
        Ok(response)
    }
}

impl Sink {
    /// Sends bytes, and waits until they are taken.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        for piece in bytes.chunks(PIECE) {
            let left = patiently(self.writer.write_all(piece.to_vec())).await?;
            if !left.is_empty() {
                return Err(Gone);
            }
        }
        Ok(())
    }

    /// Whether anybody still reads.
    pub async fn check(&mut self) -> Result<(), Gone> {
        match patiently(self.writer.write(Vec::new())).await? {
            (StreamResult::Dropped, _) => Err(Gone),
            _ => Ok(()),
        }
    }
}

/// What the reader lets become ready in time.
async fn patiently<T>(wanted: impl Future<Output = T>) -> Result<T, Gone> {
    let mut wanted = pin!(wanted);
    // A timer is made only for a reader who lets us wait.
    let mut patience = pin!(None);
    poll_fn(|cx| {
        if let Poll::Ready(got) = wanted.as_mut().poll(cx) {
            return Poll::Ready(Ok(got));
        }
        if patience.is_none() {
            patience.set(Some(sleep(PATIENCE)));
        }
        match patience.as_mut().as_pin_mut().map(|patience| patience.poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Err(Gone)),
            _ => Poll::Pending,
        }
    })
    .await
}
