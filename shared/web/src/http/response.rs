//! Responses before they are handed to the host.

use std::{future::Future, pin::Pin, rc::Rc};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use runledger_bus::Bus;
use runledger_logging::Log;
use runledger_store::Db;

use crate::{Content, Door, Payload, Problem, ProblemDocument, Reply, page::Refusal, rpc};

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

/// The response to a problem, as it is told behind this door. `asked`: the path and query that were asked for.
pub(crate) fn refuse(door: Door, problem: Problem, asked: &str, log: &Log) -> Response {
    match door {
        Door::Api => Response::to_problem(problem, log, "application/problem+json", |document| {
            (document.status, serde_json::to_vec(&document))
        }),
        Door::DataService(_) => rpc::refuse(problem, log),
        Door::Page(refusal) => Response::to_reader(problem, log, asked, refusal),
    }
}

impl Response {
    /// The response to a problem: what `write` makes of its document, with its status.
    pub(crate) fn to_problem(
        problem: Problem,
        log: &Log,
        content_type: &'static str,
        write: impl FnOnce(ProblemDocument) -> (StatusCode, serde_json::Result<Vec<u8>>),
    ) -> Self {
        log_cause(&problem, log);
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

    /// The page that tells of a problem.
    fn to_reader(problem: Problem, log: &Log, asked: &str, refusal: Refusal) -> Self {
        log_cause(&problem, log);
        let header = problem
            .header()
            .filter(|(name, _)| *name != header::WWW_AUTHENTICATE)
            .cloned();
        let Reply { payload, headers } = refusal(&problem.into_document(log.request_id()), asked);
        let mut headers: HeaderMap = headers.into_iter().chain(header).collect();
        if let Some(content_type) = payload.content_type() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Self {
            status: payload.status().unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers,
            body: payload.into_content().unwrap_or_else(|_| Content::Whole(Vec::new())),
            publish: None,
        }
    }
}

fn log_cause(problem: &Problem, log: &Log) {
    if let Some(internal) = problem.for_log() {
        log.error(internal);
    }
}
