//! The measured requests.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use runledger_logging::{Log, Trace};
use runledger_models::{Caller, Id, NewExecution, Role, ShareToken, json::Record};
use runledger_store::{Budget, Error, OnIllegalMove, executions, nodes, shares};
use runledger_web::{Problem, read_json};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::App;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/api/graphs/{graph_id}/executions", post(create))
        .route("/api/executions/{id}", get(read).patch(change))
        .route("/api/node-executions/{id}", patch(change_node))
        .route("/api/public/shared/{token}", get(read_shared))
        .with_state(app)
}

async fn read(State(app): State<Arc<App>>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let caller = app.admit(&headers, &Role::ALL)?;
    let id = identifier(id)?;
    let get = executions::get(&caller.scope(), None, &id);
    let answer = app.database.ask(get.statement()).await?;
    let reply = Reply::to(&headers);
    reply.with_etag(&get.decode(answer.text()?, &reply.log())?)
}

async fn read_shared(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let token = ShareToken::parse(&token);
    let shared = shares::read(token.as_ref(), Budget::DEFAULT);
    let answer = app.database.ask(shared.statement()).await?;
    let reply = Reply::to(&headers);
    reply.with_etag(&shared.decode(answer.text()?, &reply.log())?)
}

async fn create(
    State(app): State<Arc<App>>,
    Path(graph_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let caller = app.admit(&headers, &[Role::Service])?;
    let graph_id = identifier(graph_id)?;
    let Record(new) = read_json::<Record<NewExecution>>(&body, "")?;
    let user = caller
        .user()
        .ok_or_else(|| Problem::invalid_at("/headers/x-user-id", "is missing"))?;
    let create = executions::create(user, graph_id, new);
    let answer = app.database.ask(create.statement()).await?;
    let reply = Reply::to(&headers);
    let execution = create.decode(answer.text()?, &reply.log())?.value;
    let location = format!("/api/executions/{}", execution.execution.base.id);
    let mut response = reply.with(&execution)?;
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

async fn change(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let caller = app.admit(&headers, &[Role::Service])?;
    let id = identifier(id)?;
    let Record(change) = read_json(&body, "")?;
    let change = executions::change(&caller.scope(), &id, change, OnIllegalMove::Refuse);
    let answer = app.database.ask(change.statement()).await?;
    let reply = Reply::to(&headers);
    reply.with(&change.decode(answer.text()?, &reply.log())?.value)
}

async fn change_node(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let caller = app.admit(&headers, &[Role::Service])?;
    let id = identifier(id)?;
    let Record(change) = read_json(&body, "")?;
    let change = nodes::change(&caller.scope(), &id, change, OnIllegalMove::Refuse);
    let answer = app.database.ask(change.statement()).await?;
    let reply = Reply::to(&headers);
    reply.with(&change.decode(answer.text()?, &reply.log())?.value)
}

impl App {
    fn admit(&self, headers: &HeaderMap, roles: &[Role]) -> Result<Caller, Problem> {
        let caller = self.keys.verify(headers)?.into_caller(headers)?;
        if roles.contains(&caller.role()) {
            Ok(caller)
        } else {
            Err(Problem::forbidden("this route is not for this role"))
        }
    }
}

fn identifier(text: String) -> Result<Id, Problem> {
    Id::parse(text).map_err(|error| Problem::invalid_at("/path", error.to_string()))
}

/// How a request is answered.
struct Reply {
    request_id: String,
}

impl Reply {
    fn to(headers: &HeaderMap) -> Self {
        let given = headers.get(X_REQUEST_ID).and_then(|id| id.to_str().ok());
        Self {
            request_id: given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned),
        }
    }

    fn log(&self) -> Log {
        Log::new(&self.request_id, Trace::of(None, None, [1; 32]))
    }

    fn with(&self, value: &impl Serialize) -> Result<Response, Refusal> {
        Ok(self.response(written(value)?))
    }

    fn with_etag(&self, value: &impl Serialize) -> Result<Response, Refusal> {
        let body = written(value)?;
        let digest = Sha256::digest(&body);
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..16]));
        let mut response = self.response(body);
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            response.headers_mut().insert(header::ETAG, etag);
        }
        Ok(response)
    }

    fn response(&self, body: Vec<u8>) -> Response {
        let mut response = body.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            headers.insert(X_REQUEST_ID, id);
        }
        response
    }
}

fn written(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|error| Problem::internal(error.to_string()))
}

/// Why a request was not served.
struct Refusal(Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        // It ends the run, whose maker wants to know all.
        (problem.status(), format!("{problem:?}")).into_response()
    }
}
