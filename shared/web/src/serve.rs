//! The boundary to the host: whatever happens, a request is answered, and never with an empty 500.

use std::{cell::OnceCell, rc::Rc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use http_body_util::Full;
use runledger_logging::Log;
use spin_sdk::http::{FullBody, Request};

use crate::{
    Problem, Route,
    endpoint::{Response, Routed},
    request_id::{self, X_REQUEST_ID},
    router::Routes,
};

thread_local! {
    static ROUTES: OnceCell<Result<Rc<Routes>, String>> = const { OnceCell::new() };
}

/// Answers a request with the endpoints of a route table.
pub async fn serve(request: Request, table: &'static [Route]) -> http::Response<FullBody<Bytes>> {
    let log = Log::new(&request_id::of(request.headers()));
    let response = match answer(request, table, &log).await {
        Ok(response) => response,
        Err(problem) => refuse(problem, &log),
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

fn refuse(problem: Problem, log: &Log) -> Response {
    if let Some(internal) = problem.for_log() {
        log.error(internal);
    }
    let mut headers: HeaderMap = problem.header().cloned().into_iter().collect();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    let status = problem.status();
    // A problem is made of texts and numbers; it cannot fail to be written.
    let body = serde_json::to_vec(&problem.into_document(log.request_id())).unwrap_or_default();
    Response { status, headers, body }
}

fn finish(response: Response, log: &Log) -> http::Response<FullBody<Bytes>> {
    let Response {
        status,
        mut headers,
        body,
    } = response;
    if let Ok(id) = HeaderValue::from_str(log.request_id()) {
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if status != http::StatusCode::NO_CONTENT && status != http::StatusCode::NOT_MODIFIED {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let mut response = http::Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
