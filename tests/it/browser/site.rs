//! A server of pages that are as bad as a test wants them.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The policy of the application's pages.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the server has under a path.
pub(super) struct Page {
    path: &'static str,
    status: u16,
    policy: bool,
    content: String,
}

impl Page {
    /// A page with this in its `main`, behind the policy of the application's pages.
    pub(super) fn new(path: &'static str, main: &str) -> Self {
        Self::raw(path, &html("", main))
    }

    /// Any text, told to be what the path's ending says, and HTML otherwise.
    pub(super) fn raw(path: &'static str, content: &str) -> Self {
        Self {
            path,
            status: 200,
            policy: true,
            content: content.to_owned(),
        }
    }

    /// Answered with another status.
    pub(super) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Without the policy.
    pub(super) fn without_policy(mut self) -> Self {
        self.policy = false;
        self
    }

    fn media_type(&self) -> &'static str {
        match self.path.rsplit_once('.') {
            Some((_, "js")) => "text/javascript",
            Some((_, "css")) => "text/css",
            _ => "text/html; charset=utf-8",
        }
    }
}

/// Without one, browsers ask for `/favicon.ico`.
const ICON: &str = "<link rel=\"icon\" href=\"data:,\">";

/// A good page with this in its `head` and its `main`.
pub(super) fn html(head: &str, main: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Page</title>{ICON}{head}</head>\n\
         <body><main><h1>Page</h1>{main}</main></body>\n</html>\n"
    )
}

/// A running server. It ends with the value.
pub(super) struct Site {
    url: String,
    server: JoinHandle<()>,
}

impl Site {
    /// Serves these pages, and 404 for all else.
    pub(super) async fn start(pages: Vec<Page>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let pages = Arc::new(pages);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let pages = Arc::clone(&pages);
                let service = service_fn(move |request| {
                    let answer = answer(&pages, &request);
                    async move { Ok::<_, Infallible>(answer) }
                });
                // The browser may leave at any time.
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { url, server }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn answer(pages: &[Page], request: &Request<hyper::body::Incoming>) -> Response<Full<Bytes>> {
    let Some(page) = pages.iter().find(|page| page.path == request.uri().path()) else {
        let mut missing = Response::new(Full::from("There is no such page."));
        *missing.status_mut() = StatusCode::NOT_FOUND;
        return missing;
    };
    let mut response = Response::builder()
        .status(page.status)
        .header("content-type", page.media_type());
    if page.policy {
        response = response.header("content-security-policy", POLICY);
    }
    response.body(Full::from(page.content.clone())).unwrap()
}
