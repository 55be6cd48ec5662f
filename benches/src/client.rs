//! A keep-alive HTTP/1.1 client that costs as little as can be, since it shares the machine with what it measures.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Header lines of a response.
const MAX_HEADERS: usize = 32;

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) etag: Option<String>,
    pub(crate) body: &'a [u8],
}

struct Head {
    status: u16,
    location: Option<String>,
    etag: Option<String>,
    length: usize,
    body_length: usize,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("no connection to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a request and waits for the response, whatever its status.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head = loop {
            self.receive().await?;
            if let Some(head) = parse(&self.received)? {
                break head;
            }
        };
        let length = head.length + head.body_length;
        while self.received.len() < length {
            self.receive().await?;
        }
        ensure!(self.received.len() == length, "a response is longer than it says");
        Ok(Reply {
            status: head.status,
            location: head.location,
            etag: head.etag,
            body: &self.received[head.length..],
        })
    }

    /// Sends a request that has to be answered with `status`.
    pub(crate) async fn expect(&mut self, request: &[u8], status: u16) -> Result<Reply<'_>> {
        let reply = self.send(request).await?;
        if reply.status != status {
            let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
            bail!(
                "{} was answered with {} instead of {status}: {}",
                String::from_utf8_lossy(line),
                reply.status,
                String::from_utf8_lossy(reply.body)
            );
        }
        Ok(reply)
    }

    async fn receive(&mut self) -> Result<()> {
        let count = self.stream.read_buf(&mut self.received).await?;
        ensure!(count > 0, "the connection was closed in the middle of a response");
        Ok(())
    }
}

/// The head of a response, once it is complete.
fn parse(received: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(received)? else {
        return Ok(None);
    };
    let text = |name: &str| {
        let header = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()
    };
    let body_length = text("content-length").and_then(|text| text.parse().ok());
    Ok(Some(Head {
        status: response.code.unwrap_or_default(),
        location: text("location").map(str::to_owned),
        etag: text("etag").map(str::to_owned),
        length,
        body_length: body_length.context("a response does not say how long it is")?,
    }))
}

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The token.
    pub(crate) token: String,
    /// The user that a service acts for.
    pub(crate) acting_for: Option<String>,
}

/// The text of a request; with a body if there is one.
pub(crate) fn request(caller: &Caller, method: &str, path: &str, body: Option<&str>) -> Vec<u8> {
    let Caller { token, acting_for } = caller;
    let user = match acting_for {
        Some(user) => format!("X-User-Id: {user}\r\n"),
        None => String::new(),
    };
    let (description, body) = match body {
        Some(body) => {
            let length = body.len();
            let description = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
            (description, body)
        }
        None => (String::new(), ""),
    };
    let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n");
    [head, user, description, "\r\n".to_owned(), body.to_owned()]
        .concat()
        .into_bytes()
}

/// The text of what a browser sends that is signed in with this token.
pub(crate) fn page_request(token: &str, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: runledger_token={token}\r\n\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_complete() {
        let text = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nlocation: /a\r\n\r\n{}";
        assert!(parse(&text[..40]).unwrap().is_none());
        let head = parse(text).unwrap().unwrap();
        assert_eq!((head.status, head.body_length, text.len() - head.length), (201, 2, 2));
        assert_eq!(head.location.as_deref(), Some("/a"));
    }

    #[test]
    fn a_response_without_a_length_is_refused() {
        assert!(parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn a_request_carries_who_asks() {
        let caller = Caller {
            token: "t".to_owned(),
            acting_for: Some("ann".to_owned()),
        };
        let text = String::from_utf8(request(&caller, "PATCH", "/a", Some("{}"))).unwrap();
        assert!(text.starts_with("PATCH /a HTTP/1.1\r\n") && text.ends_with("Content-Length: 2\r\n\r\n{}"));
        assert!(text.contains("Authorization: Bearer t\r\nX-User-Id: ann\r\n"));
    }
}
