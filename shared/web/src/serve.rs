//! The boundary to the host: whatever happens, a request is answered, and never with an empty 500.

use std::{cell::OnceCell, rc::Rc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use runledger_logging::Log;
use spin_sdk::{
    http::{FullBody, IntoResponse, Request},
    wasip3::http::types,
};

use crate::{
    Content, Problem, Route,
    endpoint::{Response, Routed},
    request_id::{self, X_REQUEST_ID},
    router::Routes,
    rpc,
};

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
    let log = Log::new(&request_id::of(request.headers()));
    // A function has methods of the data service, or other endpoints, never both.
    let methods = table.first().is_some_and(|route| route.seed.is_some());
    let response = match answer(request, table, &log).await {
        Ok(response) => response,
        Err(problem) => refuse(problem, methods, &log),
    };
    finish(response, &log)
}

async fn answer(request: Request, table: &'static [Route], log: &Log) -> Result<Response, Problem> {
    let routes = ROUTES.with(|routes| routes.get_or_init(|| Routes::new(table).map(Rc::new)).clone());
    let found = routes
        .map_err(Problem::internal)?
        .find(request.method(), request.uri().path())?;
    (found.route.serve)(Routed {
        request,
        path: found.path,
        log: log.clone(),
    })
    .await
}

/// The error of an endpoint: a problem document, or what a method of the data service raises.
fn refuse(problem: Problem, by_method: bool, log: &Log) -> Response {
    if let Some(internal) = problem.for_log() {
        log.error(internal);
    }
    let mut headers: HeaderMap = problem.header().cloned().into_iter().collect();
    let document = problem.into_document(log.request_id());
    // Both are made of texts and numbers; they cannot fail to be written.
    let (status, content_type, body) = if by_method {
        let (status, error) = rpc::error(document);
        (status, "application/json", serde_json::to_vec(&error))
    } else {
        (
            document.status,
            "application/problem+json",
            serde_json::to_vec(&document),
        )
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    Response {
        status,
        headers,
        body: Content::Whole(body.unwrap_or_default()),
    }
}

fn finish(response: Response, log: &Log) -> Answer {
    let Response {
        status,
        mut headers,
        body,
    } = response;
    if let Ok(id) = HeaderValue::from_str(log.request_id()) {
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    let has_body = status != http::StatusCode::NO_CONTENT && status != http::StatusCode::NOT_MODIFIED;
    if has_body && let Content::Whole(body) = &body {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let mut head = http::Response::new(());
    *head.status_mut() = status;
    *head.headers_mut() = headers;
    Answer { head, body }
}
