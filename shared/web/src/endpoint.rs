//! Endpoints and the route table that lists them.

use std::{future::Future, pin::Pin, rc::Rc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use runledger_bus::Bus;
use runledger_logging::Log;
use runledger_models::{Caller, Role, UserId};
use runledger_store::{Db, IdempotencyKey};
use sha2::{Digest, Sha256};
use spin_sdk::http::Request;

use crate::{
    Access, Body, Config, Content, Form, Ledger, Params, Parts, Payload, Problem, Reply, Source, Unpack, body,
    idempotency, problem::Document, rpc,
};

/// One operation of the API. What it needs is declared as types and arrives parsed and authorised.
pub trait Endpoint: Sized + 'static {
    /// The HTTP method.
    const METHOD: Method;
    /// The path, with `{names}`.
    const PATH: &'static str;
    /// The status of success.
    const STATUS: StatusCode = StatusCode::OK;
    /// Whether the response carries an `ETag` and `If-None-Match` is answered with 304.
    const CONDITIONAL: bool = false;
    /// Whether the answer tells which setting cannot be used: only for the operator's own question.
    const TELLS_SETTINGS: bool = false;
    /// Whether the response says where that which was made is (`Location`).
    const LOCATED: bool = false;
    /// Whether `Last-Event-ID` says where its stream goes on.
    const RESUMABLE: bool = false;
    /// Whether its work may be long, so that `Prefer` and `Accept` choose the [`Form`] of the answer.
    const LONG: bool = false;
    /// What it does, in a line.
    const SUMMARY: &'static str;
    /// The document that it comes from, for a [method of the data service](crate::rpc::Method), whose errors are others.
    const SEED: Option<&'static str> = None;
    /// Whether it changes nothing, although its method is not GET.
    const READS: bool = false;
    /// The statuses of the problems it may answer with, besides those that its types imply.
    const PROBLEMS: &'static [u16] = &[];
    /// Who may call.
    type Access: Access;
    /// The path's parameters.
    type Path: Params;
    /// The query's parameters.
    type Query: Params;
    /// The request body.
    type Body: Body;
    /// The response body.
    type Reply: Payload;

    /// Serves a request.
    fn handle(call: Call<Self>) -> impl Future<Output = Result<Reply<Self::Reply>, Problem>>;
}

/// A request to an endpoint.
pub struct Call<E: Endpoint> {
    /// What the endpoint's access learns of the caller.
    pub who: <E::Access as Access>::Who,
    /// The path's parameters.
    pub path: E::Path,
    /// The query's parameters.
    pub query: E::Query,
    /// The body.
    pub body: E::Body,
    /// When the caller's token expires, in seconds since 1970.
    pub expires_at: Option<f64>,
    /// The header `Last-Event-ID`, if the endpoint is resumable.
    pub last_event_id: Option<String>,
    /// The form of the answer, if the endpoint's work may be long.
    pub form: Form,
    /// What runs the request's statements.
    pub ledger: Ledger,
    /// The instance's settings.
    pub config: Rc<Config>,
}

/// A response before it is handed to the host.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Content,
    /// How changes that were made are published.
    pub(crate) publish: Option<Publish>,
}

/// Publishes changes. Apart from what only reads, which then need not contain it.
pub(crate) type Publish = fn(Rc<Bus>, Db) -> Pin<Box<dyn Future<Output = Db>>>;

/// A request that was routed, before it is read.
pub(crate) struct Routed {
    pub(crate) request: Request,
    pub(crate) path: Vec<(String, String)>,
    pub(crate) log: Log,
}

type Served = Pin<Box<dyn Future<Output = Result<Response, Problem>>>>;

/// An endpoint as data: a line of a function's route table.
pub struct Route {
    /// The HTTP method.
    pub method: Method,
    /// The path, with `{names}`.
    pub path: &'static str,
    /// The roles that may call; none for a route that needs no token.
    pub roles: &'static [Role],
    /// The document that it comes from, for a method of the data service.
    pub seed: Option<&'static str>,
    /// The response to a problem.
    pub(crate) refuse: fn(Problem, &Log) -> Response,
    pub(crate) serve: fn(Routed) -> Served,
    #[cfg(not(target_family = "wasm"))]
    pub(crate) describe: fn(&mut crate::openapi::Document),
}

impl Route {
    /// The line of an endpoint.
    pub const fn of<E: Endpoint>() -> Self {
        Self {
            method: E::METHOD,
            path: E::PATH,
            roles: <E::Access as Access>::ROLES,
            seed: E::SEED,
            refuse: match E::SEED {
                Some(_) => rpc::refuse,
                None => refuse,
            },
            serve: |routed| Box::pin(serve::<E>(routed)),
            #[cfg(not(target_family = "wasm"))]
            describe: crate::openapi::describe::<E>,
        }
    }
}

/// Whether an endpoint may change something.
pub(crate) fn writes<E: Endpoint>() -> bool {
    E::METHOD != Method::GET && !E::READS
}

/// The way of every request: who calls, then what is asked, then the endpoint, then the response.
async fn serve<E: Endpoint>(routed: Routed) -> Result<Response, Problem> {
    let Routed { request, path, log } = routed;
    let Asking {
        config,
        caller,
        expires_at,
        path,
        query,
    } = ask(&request, path, <E::Access as Access>::ROLES, E::TELLS_SETTINGS, &log).await?;
    let path = path.read::<E::Path>()?;
    let query = query.read::<E::Query>()?;
    let Received { headers, bytes, once } = receive(request, &config, caller.as_ref(), Expected::of::<E>()).await?;
    let body = E::Body::read(&Parts {
        headers: &headers,
        bytes: &bytes,
    })?;
    let who = <E::Access as Access>::admit(caller)?;
    let db = Db::new(Rc::clone(&config.pool), log, config.budget);
    let last_event_id = headers.get("last-event-id").filter(|_| E::RESUMABLE);
    let Reply { payload, headers: own } = E::handle(Call {
        who,
        path,
        query,
        body,
        expires_at,
        last_event_id: last_event_id.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned()),
        form: if E::LONG { Form::of(&headers) } else { Form::Whole },
        ledger: Ledger::new(db, once),
        config: Rc::clone(&config),
    })
    .await?;
    let status = payload.status().unwrap_or(E::STATUS);
    let content_type = payload.content_type();
    let response = respond(
        status,
        content_type,
        E::CONDITIONAL,
        own,
        payload.into_content()?,
        &headers,
    );
    Ok(if writes::<E>() {
        Response {
            publish: Some(|bus, db| {
                Box::pin(async move {
                    bus.relay(&db).await;
                    db
                })
            }),
            ..response
        }
    } else {
        response
    })
}

/// The response to a problem: its document.
pub(crate) fn refuse(problem: Problem, log: &Log) -> Response {
    Response::to_problem(problem, log, "application/problem+json", |document| {
        (document.status, serde_json::to_vec(&document))
    })
}

impl Response {
    /// The response to a problem: what `write` makes of its document, with its status.
    pub(crate) fn to_problem(
        problem: Problem,
        log: &Log,
        content_type: &'static str,
        write: impl FnOnce(Document) -> (StatusCode, serde_json::Result<Vec<u8>>),
    ) -> Self {
        if let Some(internal) = problem.for_log() {
            log.error(internal);
        }
        let mut headers: HeaderMap = problem.header().cloned().into_iter().collect();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        // Problems are made of texts and numbers; they cannot fail to be written.
        let (status, body) = write(problem.into_document(log.request_id()));
        Self {
            status,
            headers,
            body: Content::Whole(body.unwrap_or_default()),
            publish: None,
        }
    }
}

/// Who calls, and the texts of what is asked.
struct Asking {
    config: Rc<Config>,
    caller: Option<Caller>,
    expires_at: Option<f64>,
    path: Source,
    query: Source,
}

async fn ask(
    request: &Request,
    path: Vec<(String, String)>,
    roles: &[Role],
    tells_settings: bool,
    log: &Log,
) -> Result<Asking, Problem> {
    let config = Config::for_request(log, tells_settings).await?;
    let mut expires_at = None;
    let caller = if roles.is_empty() {
        None
    } else {
        let claims = config.keys.verify(request.headers())?;
        expires_at = Some(claims.expires_at());
        let caller = claims.into_caller(request.headers())?;
        log.sent_by(
            caller.role().as_str(),
            caller.subject().as_str(),
            caller.acting_for().map(UserId::as_str),
        );
        if !roles.contains(&caller.role()) {
            let role = caller.role().as_str();
            return Err(Problem::forbidden(format!("this route is not for the role {role}")));
        }
        Some(caller)
    };
    let pairs = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    let query = Source::new("query", pairs.into_owned());
    Ok(Asking {
        config,
        caller,
        expires_at,
        path: Source::of_path(path),
        query,
    })
}

/// What came with a request besides its path and query.
struct Received {
    headers: HeaderMap,
    bytes: Bytes,
    once: Option<IdempotencyKey>,
}

/// What an endpoint expects of a request besides its path and query. A value, so that what reads it is compiled once.
struct Expected {
    body: bool,
    unpack: Option<Unpack>,
    writes: bool,
}

impl Expected {
    fn of<E: Endpoint>() -> Self {
        Self {
            body: E::Body::EXPECTED,
            unpack: E::Body::UNPACK,
            writes: writes::<E>(),
        }
    }
}

async fn receive(
    mut request: Request,
    config: &Config,
    caller: Option<&Caller>,
    expected: Expected,
) -> Result<Received, Problem> {
    let headers = std::mem::take(request.headers_mut());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let bytes = if expected.body {
        let unpack = body::unpacker(&headers, expected.unpack)?;
        let sent = body::collect(&headers, request.into_body(), config.max_body_bytes).await?;
        match unpack {
            Some(unpack) => unpack(&sent, config.max_body_bytes)?,
            None => sent,
        }
    } else {
        Bytes::new()
    };
    let once = match caller {
        Some(caller) if expected.writes => idempotency::of(&method, &uri, &headers, caller, &bytes)?,
        _ => None,
    };
    Ok(Received { headers, bytes, once })
}

fn respond(
    status: StatusCode,
    content_type: Option<&'static str>,
    conditional: bool,
    own: Vec<(HeaderName, HeaderValue)>,
    body: Content,
    request_headers: &HeaderMap,
) -> Response {
    let mut headers: HeaderMap = own.into_iter().collect();
    if conditional && let Content::Whole(body) = &body {
        let etag = etag(body);
        let unchanged = matches_etag(request_headers, &etag);
        if let Ok(value) = etag.parse() {
            headers.insert(header::ETAG, value);
        }
        if unchanged {
            return Response {
                status: StatusCode::NOT_MODIFIED,
                headers,
                body: Content::Whole(Vec::new()),
                publish: None,
            };
        }
    }
    if let Some(content_type) = content_type {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    Response {
        status,
        headers,
        body,
        publish: None,
    }
}

/// A strong validator: a digest of the body.
fn etag(body: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let digest = Sha256::digest(body);
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..16]))
}

/// Whether `If-None-Match` names this validator (RFC 9110: a weak comparison).
fn matches_etag(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| {
            value
                .split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_none_match_is_compared_weakly() {
        let tag = etag(b"{}");
        for (sent, matches) in [
            (tag.clone(), true),
            (format!("W/{tag}"), true),
            (format!("\"other\", {tag}"), true),
            ("*".to_owned(), true),
            ("\"other\"".to_owned(), false),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, sent.parse().unwrap())]);
            assert_eq!(matches_etag(&headers, &tag), matches, "{sent}");
        }
        assert!(!matches_etag(&HeaderMap::new(), &tag));
    }
}
