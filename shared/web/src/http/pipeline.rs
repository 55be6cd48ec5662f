//! The way of a request through an endpoint.

use std::{future::Future, pin::Pin, rc::Rc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use runledger_logging::Log;
use runledger_models::{Caller, Role, UserId};
use runledger_store::{Db, IdempotencyKey};
use sha2::{Digest, Sha256};
use spin_sdk::http::Request;

use crate::{
    Access, Body, Call, Config, Content, Door, Endpoint, Ledger, Parts, Payload, Problem, Reply, Source, Unpack,
    extract::{body, idempotency},
    http::{endpoint::writes, response::Response},
    page,
};

/// A request that was routed, before it is read.
pub(crate) struct Routed {
    pub(crate) request: Request,
    pub(crate) path: Vec<(String, String)>,
    pub(crate) log: Log,
}

/// What an endpoint comes to.
pub(crate) type Served = Pin<Box<dyn Future<Output = Result<Response, Problem>>>>;

/// The way of every request: who calls, then what is asked, then the endpoint, then the response.
pub(crate) async fn serve<E: Endpoint>(routed: Routed) -> Result<Response, Problem> {
    let Routed { request, path, log } = routed;
    let Asking {
        config,
        caller,
        expires_at,
        path,
        query,
    } = ask(
        &request,
        path,
        <E::Access as Access>::ROLES,
        E::DOOR,
        E::TELLS_SETTINGS,
        &log,
    )
    .await?;
    let path = path.read::<E::Path>()?;
    let query = query.read::<E::Query>()?;
    let uri = request.uri().clone();
    let Received { headers, bytes, once } = receive(request, &config, caller.as_ref(), Expected::of::<E>()).await?;
    let body = E::Body::read(&Parts {
        headers: &headers,
        bytes: &bytes,
    })?;
    let who = <E::Access as Access>::admit(caller)?;
    let db = Db::new(Rc::clone(&config.pool), log, config.budget);
    let Reply { payload, headers: own } = E::handle(Call {
        who,
        path,
        query,
        body,
        origin: page::origin(&uri, &headers),
        expires_at,
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
    door: Door,
    tells_settings: bool,
    log: &Log,
) -> Result<Asking, Problem> {
    let is_page = matches!(door, Door::Page(_));
    if is_page {
        page::check_origin(request.method(), request.uri(), request.headers())?;
    }
    let config = Config::for_request(log, tells_settings).await?;
    let mut expires_at = None;
    let caller = if roles.is_empty() {
        None
    } else {
        // A browser acts for nobody but whoever signed in.
        let (claims, acting) = if is_page {
            (
                config.keys.verify_token(page::token(request.headers())?)?,
                &HeaderMap::new(),
            )
        } else {
            (config.keys.verify(request.headers())?, request.headers())
        };
        expires_at = Some(claims.expires_at());
        let caller = claims.into_caller(acting)?;
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
    let pairs = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned();
    let query = Source::new("query", pairs.filter(|pair| !is_page || page::is_filled(pair)));
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
    let mut headers = std::mem::take(request.headers_mut());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    // Hosts may tell it in one place or the other.
    if let Some(authority) = uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        headers.entry(header::HOST).or_insert(host);
    }
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
