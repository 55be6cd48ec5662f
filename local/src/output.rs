//! What components write to standard output and error: lines, which go to the log.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use serde::Serialize;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamResult},
};

use crate::log::{Log, timestamp};

/// A line that is longer is cut into several.
const MAX_LINE: usize = 64 * 1024;
/// What a component may write at once.
const MAX_WRITE: usize = 1 << 20;

/// One of the two streams of an instance.
#[derive(Clone)]
pub(crate) struct Output(Arc<Inner>);

struct Inner {
    component: Arc<str>,
    stream: &'static str,
    log: Log,
    /// The line so far.
    partial: Mutex<Vec<u8>>,
}

/// A line of a component's that is not JSON.
#[derive(Serialize)]
struct Wrapped<'a> {
    timestamp: String,
    level: &'static str,
    component: &'a str,
    stream: &'static str,
    message: &'a str,
}

impl Output {
    /// The stream named `stream` (`stdout` or `stderr`) of a component.
    pub(crate) fn new(component: Arc<str>, stream: &'static str, log: Log) -> Self {
        Self(Arc::new(Inner {
            component,
            stream,
            log,
            partial: Mutex::default(),
        }))
    }

    fn append(&self, bytes: &[u8]) {
        let mut partial = self.0.partial.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pieces = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            partial.extend_from_slice(piece);
            if pieces.peek().is_some() || partial.len() >= MAX_LINE {
                self.0.emit(&partial);
                partial.clear();
            }
        }
    }
}

impl Inner {
    fn emit(&self, line: &[u8]) {
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        if line.starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok() {
            self.log.raw_line(line);
            return;
        }
        self.log.line(&Wrapped {
            timestamp: timestamp(),
            level: if self.stream == "stderr" { "WARN" } else { "INFO" },
            component: &self.component,
            stream: self.stream,
            message: &String::from_utf8_lossy(line),
        });
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let partial = std::mem::take(self.partial.get_mut().unwrap_or_else(PoisonError::into_inner));
        self.emit(&partial);
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.append(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.append(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_WRITE)
    }
}
