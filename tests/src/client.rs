//! A client of the API whose every call names the status that it expects.

use std::{future::Future, panic::Location, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

use crate::{EventStream, Reply};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

type Body = UnsyncBoxBody<Bytes, std::convert::Infallible>;

/// A caller: an address, perhaps a token, perhaps a user to act for.
#[derive(Clone)]
pub struct Client {
    base_url: String,
    http: HttpClient<HttpConnector, Body>,
    token: Option<String>,
    cookie: Option<String>,
    acting_for: Option<String>,
}

impl Client {
    /// A caller without a token.
    pub(crate) fn new(base_url: String) -> Self {
        let http = HttpClient::builder(TokioExecutor::new()).build_http();
        Self {
            base_url,
            http,
            token: None,
            cookie: None,
            acting_for: None,
        }
    }

    /// The same caller with this token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// A browser that is signed in with this token.
    #[must_use]
    pub fn signed_in(&self, token: &str) -> Self {
        Self {
            token: None,
            cookie: Some(format!("runledger_token={token}")),
            ..self.clone()
        }
    }

    /// The same caller, acting for this user: with the header `X-User-Id`.
    #[must_use]
    pub fn acting_for(&self, user: &str) -> Self {
        Self {
            acting_for: Some(user.to_owned()),
            ..self.clone()
        }
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// `POST`.
    pub fn post(&self, path: &str) -> Request {
        self.request(Method::POST, path)
    }

    /// `PUT`.
    pub fn put(&self, path: &str) -> Request {
        self.request(Method::PUT, path)
    }

    /// `PATCH`.
    pub fn patch(&self, path: &str) -> Request {
        self.request(Method::PATCH, path)
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }

    /// Any method. The path starts with `/` and is sent as it is.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let mut request = Request {
            client: self.clone(),
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            chunked: false,
        };
        if let Some(token) = &self.token {
            request = request.header("authorization", &format!("Bearer {token}"));
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(user) = &self.acting_for {
            request = request.header("x-user-id", user);
        }
        request
    }
}

/// A request that is being put together.
#[derive(Clone)]
#[must_use = "a request is sent by `expect` or `send`"]
pub struct Request {
    client: Client,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
    chunked: bool,
}

impl Request {
    /// Sets a header; any bytes that HTTP allows.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("the test names a header");
        self.headers.insert(
            name,
            HeaderValue::from_bytes(value.as_bytes()).expect("the test gives a header's value"),
        );
        self
    }

    /// Sets the header `Idempotency-Key`.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sends what a form of one of our own pages sends.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.header("sec-fetch-site", "same-origin")
            .body("application/x-www-form-urlencoded", body)
    }

    /// Sends this value as JSON.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Sends these values as NDJSON.
    pub fn ndjson(self, items: &[Value]) -> Self {
        let lines: Vec<String> = items.iter().map(Value::to_string).collect();
        self.body("application/x-ndjson", lines.join("\n") + "\n")
    }

    /// Sends this body.
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sends the body in chunks, without saying its length first.
    pub const fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Sends the request and fails the test, showing both sides, when the answer has another status or breaks a rule
    /// that holds for every answer.
    #[track_caller]
    pub fn expect(self, status: u16) -> impl Future<Output = Reply> {
        let caller = Location::caller();
        async move {
            let reply = match self.send().await {
                Ok(reply) => reply,
                Err(error) => panic!("{caller}: no answer: {error}"),
            };
            assert!(reply.status == status, "{caller}: expected {status}\n{reply}");
            if let Err(broken) = reply.check_conventions() {
                panic!("{caller}: {broken}\n{reply}");
            }
            reply
        }
    }

    /// Sends the request; whatever comes back is the caller's to judge.
    pub async fn send(self) -> Result<Reply, String> {
        let asked = self.to_string();
        let answer = tokio::time::timeout(PATIENCE, self.exchange());
        match answer.await {
            Ok(Ok((status, headers, body))) => Ok(Reply {
                asked,
                status,
                headers,
                body,
            }),
            Ok(Err(error)) => Err(format!("{asked}: {error}")),
            Err(_) => Err(format!("{asked}: nothing came for {PATIENCE:?}")),
        }
    }

    /// Opens a stream of events. What comes first, where the stream begins, has been received.
    #[track_caller]
    pub fn open(self) -> impl Future<Output = EventStream> {
        let caller = Location::caller();
        async move {
            match self.try_open().await {
                Ok(stream) => stream,
                Err(error) => panic!("{caller}: the stream does not open: {error}"),
            }
        }
    }

    /// Opens a stream of events, if the application lets it.
    pub async fn try_open(self) -> Result<EventStream, String> {
        let http = self.client.http.clone();
        let mut stream = EventStream::open(http.request(self.into_http()?)).await?;
        stream.block().await.ok_or("the stream ended at once")?;
        Ok(stream)
    }

    async fn exchange(self) -> Result<(u16, HeaderMap, Bytes), String> {
        let http = self.client.http.clone();
        let answer = http.request(self.into_http()?).await;
        let (parts, body) = answer.map_err(|error| chain(&error))?.into_parts();
        let body = body.collect().await.map_err(|error| chain(&error))?.to_bytes();
        Ok((parts.status.as_u16(), parts.headers, body))
    }

    fn into_http(self) -> Result<http::Request<Body>, String> {
        let mut request = http::Request::builder()
            .method(self.method)
            .uri(self.client.base_url + &self.path);
        if let Some(headers) = request.headers_mut() {
            *headers = self.headers;
        }
        let body: Body = if self.chunked {
            let chunks: Vec<_> = self
                .body
                .chunks(64 * 1024)
                .map(|chunk| Ok(http_body::Frame::data(self.body.slice_ref(chunk))))
                .collect();
            StreamBody::new(futures::stream::iter(chunks)).boxed_unsync()
        } else {
            Full::new(self.body).boxed_unsync()
        };
        request.body(body).map_err(|error| error.to_string())
    }
}

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, shorten(&self.path))?;
        for (name, value) in &self.headers {
            if name != header::AUTHORIZATION {
                write!(f, "\n  {name}: {}", shorten(&String::from_utf8_lossy(value.as_bytes())))?;
            }
        }
        if !self.body.is_empty() {
            write!(f, "\n  {}", shorten(&String::from_utf8_lossy(&self.body)))?;
        }
        Ok(())
    }
}

/// A text that may be megabytes, fit for a message.
pub(crate) fn shorten(text: &str) -> String {
    const ENOUGH: usize = 2000;
    match text.char_indices().nth(ENOUGH) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
