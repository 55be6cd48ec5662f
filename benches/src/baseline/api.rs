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
use runledger_models::{Caller, ExecutionStatus, Id, Object, Role, ShareToken, json, json::Record, stats};
use runledger_store::{
    Budget, Error,
    executions::{self, Change, NewExecution, StartingNode},
    nodes, shares,
};
use runledger_web::{Problem, read_json};
use serde::{Deserialize, Serialize};
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

/// The body of a creation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Creation {
    graph_version: i32,
    inputs: Object,
    #[serde(deserialize_with = "json::records")]
    starting_nodes_input: Vec<NodeInput>,
    preset_id: Option<Id>,
    credential_inputs: Option<Object>,
    nodes_input_masks: Option<Object>,
    parent_graph_exec_id: Option<Id>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeInput {
    node_id: Id,
    input: Object,
}

/// The body of a change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    status: Option<ExecutionStatus>,
    stats: Option<Object>,
}

/// The body of a node execution's change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NodePatch {
    status: ExecutionStatus,
    execution_data: Option<Object>,
    stats: Option<Object>,
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
    let Record(body) = read_json::<Record<Creation>>(&body, "")?;
    let user = caller
        .user()
        .ok_or_else(|| Problem::invalid_at("/headers/x-user-id", "is missing"))?;
    let starting_node = |NodeInput { node_id, input }| StartingNode { node_id, input };
    let new = NewExecution {
        graph_id,
        graph_version: body.graph_version,
        inputs: body.inputs,
        starting_nodes: body.starting_nodes_input.into_iter().map(starting_node).collect(),
        preset_id: body.preset_id,
        credential_inputs: body.credential_inputs.unwrap_or_default(),
        nodes_input_masks: body.nodes_input_masks.unwrap_or_default(),
        parent_graph_exec_id: body.parent_graph_exec_id,
    };
    let create = executions::create(user, new);
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
    let Record(Patch { status, stats }) = read_json(&body, "")?;
    let stats = stats
        .map(stats::to_stored)
        .transpose()
        .map_err(|invalid| Problem::invalid_at(format!("/stats/{}", invalid.key), invalid.detail))?;
    let change = Change {
        status,
        stats,
        ..Change::default()
    };
    let change = executions::change(&caller.scope(), &id, change);
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
    let Record(body) = read_json::<Record<NodePatch>>(&body, "")?;
    if body.status == ExecutionStatus::Queued && body.execution_data.is_none() {
        return Err(Problem::invalid_at("/execution_data", "is missing").into());
    }
    let change = nodes::Change {
        status: body.status,
        execution_data: body.execution_data,
        stats: body.stats,
        or_as_it_is: false,
    };
    let change = nodes::change(&caller.scope(), &id, change);
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
