//! The boundary to the host: whatever happens, a request is answered, and never with an empty 500.

use std::{borrow::Cow, cell::OnceCell, rc::Rc, time::Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use percent_encoding::percent_decode_str;
use runledger_logging::{Answered, Log};
use runledger_models::Timestamp;
use runledger_store::Db;
use spin_sdk::{
    http::{FullBody, IntoResponse, Request},
    wasip3::http::types,
};

use super::{
    metrics::{self, RequestKind},
    pipeline::Routed,
    request_id::{self, X_REQUEST_ID},
    response::{Publish, Response, refuse},
    router::{MatchedRoute, Routes},
};
use crate::{Config, Content, Door, Problem, Route, page};

/// The header that says which trace an answer belongs to.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

thread_local! {
    static ROUTES: OnceCell<Result<Rc<Routes>, String>> = const { OnceCell::new() };
}

/// A response for the host.
pub struct Answer {
    head: http::Response<()>,
    body: Content,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Result<types::Response, types::ErrorCode> {
        match self.body {
            Content::Whole(bytes) => self.head.map(|()| FullBody::new(Bytes::from(bytes))).into_response(),
            Content::Streamed(stream) => stream.into_response(&self.head),
        }
    }
}

/// Answers a request with the endpoints of a route table.
pub async fn serve(request: Request, table: &'static [Route]) -> Answer {
    let (came, began) = (Timestamp::now(), Instant::now());
    let log = Log::new(&request_id::of(request.headers()), request_id::trace(request.headers()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let asked = request
        .uri()
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let routes = ROUTES.with(|routes| routes.get_or_init(|| Routes::new(table).map(Rc::new)).clone());
    let found = routes
        .map_err(Problem::internal)
        .and_then(|routes| routes.find(&method, &path));
    let (route, head_only, result) = match found {
        Ok(MatchedRoute { route, path, head_only }) => {
            let log = log.clone();
            let result = (route.serve)(Routed { request, path, log }).await;
            (Some(route), head_only, result)
        }
        Err(problem) => (None, false, Err(problem)),
    };
    // A path that leads nowhere is refused as the function's other paths are.
    let door = route.or(table.first()).map_or(Door::Api, |route| route.door);
    let mut response = result.unwrap_or_else(|problem| refuse(door, problem, &asked, &log));
    if let Door::Page(_) = door {
        page::secure(&mut response.headers);
    }
    let kind = RequestKind {
        method: name_of(&method),
        route: route.map_or("", |route| route.path),
        status: response.status,
    };
    let took = began.elapsed();
    log.answered(&Answered {
        timestamp: &came.to_string(),
        method: kind.method,
        path: &shown(&path, route),
        route: kind.route,
        status: kind.status.as_u16(),
        took,
    });
    metrics::count(kind, took, log.trips());
    afterwards(kind, response.publish, &log);
    finish(response, head_only, &log)
}

/// What comes after this in a path is a right to read.
const SECRETS: &str = "shared";

/// The path as the log shows it: without a token that is a right to read. A path that leads nowhere may hold one too, with
/// a slash too many, in capitals or percent-encoded (even twice); nobody who mistypes a link gives it up by that.
fn shown<'a>(path: &'a str, route: Option<&Route>) -> Cow<'a, str> {
    match route {
        Some(route) if route.path.contains(SECRETS) => Cow::Borrowed(route.path),
        Some(_) => Cow::Borrowed(path),
        None => {
            let mut decoded = Cow::Borrowed(path);
            while let Cow::Owned(once_more) = percent_decode_str(&decoded).decode_utf8_lossy() {
                decoded = Cow::Owned(once_more);
            }
            match decoded.to_ascii_lowercase().find(SECRETS) {
                Some(at) => Cow::Owned(format!("{}/{{token}}", &decoded[..at + SECRETS.len()])),
                None => Cow::Borrowed(path),
            }
        }
    }
}

/// The method's name; of one that nobody knows, not what was sent.
fn name_of(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

/// Does what comes after the response: changes that were made are published, and what was counted is handed over. Here,
/// so that no handler can forget it. Nothing that happens then touches the response.
fn afterwards(kind: RequestKind, publish: Option<Publish>, log: &Log) {
    let Some(config) = Config::kept() else { return };
    let publish = publish.zip(config.bus.clone());
    // Only where the database has just answered: one that is out of reach is left alone, and who is refused at the door
    // causes no work behind it.
    let answered = log.trips().database > 0 && !kind.status.is_server_error();
    let hands_over = answered && metrics::is_due();
    if publish.is_none() && !hands_over {
        return;
    }
    let (before, mut db) = (
        log.trips(),
        Db::new(Rc::clone(&config.pool), log.clone(), config.budget),
    );
    spin_sdk::wasip3::spawn(async move {
        // The response goes first.
        spin_sdk::wasip3::wit_bindgen::yield_async().await;
        if let Some((publish, bus)) = publish {
            db = publish(bus, db).await;
            metrics::count_rest(kind, before, db.log().trips());
        }
        if hands_over {
            metrics::hand_over(&db).await;
        }
    });
}

fn finish(response: Response, head_only: bool, log: &Log) -> Answer {
    let Response {
        status,
        mut headers,
        body,
        ..
    } = response;
    if let Ok(id) = HeaderValue::from_str(log.request_id()) {
        headers.insert(X_REQUEST_ID, id);
    }
    if let Ok(parent) = HeaderValue::from_str(&log.trace().parent()) {
        headers.insert(TRACEPARENT, parent);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let has_body = status != http::StatusCode::NO_CONTENT && status != http::StatusCode::NOT_MODIFIED;
    if has_body && let Content::Whole(body) = &body {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    // The host leaves the content of an answer to HEAD out, and keeps its length; a stream would have none to keep.
    let body = match body {
        Content::Streamed(_) if head_only => Content::Whole(Vec::new()),
        body => body,
    };
    let mut head = http::Response::new(());
    *head.status_mut() = status;
    *head.headers_mut() = headers;
    Answer { head, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_shows_no_token_of_a_path_that_leads_nowhere() {
        for (path, expected) in [
            ("/api/executions/x", "/api/executions/x"),
            ("/api/public/shared/secret", "/api/public/shared/{token}"),
            ("//api/public/shared/secret", "//api/public/shared/{token}"),
            ("/api/public//Shared//secret/more", "/api/public//Shared/{token}"),
            ("/api/public/shared%2Fsecret", "/api/public/shared/{token}"),
            ("/api/public/%73hared/secret", "/api/public/shared/{token}"),
            ("/api/public/%2573hared/secret", "/api/public/shared/{token}"),
            ("/api/%ff/shared/secret", "/api/\u{fffd}/shared/{token}"),
        ] {
            assert_eq!(shown(path, None), expected, "{path}");
        }
    }
}
