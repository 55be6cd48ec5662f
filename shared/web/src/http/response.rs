//! Responses before they are handed to the host.

use std::{future::Future, pin::Pin, rc::Rc};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use runledger_bus::Bus;
use runledger_logging::Log;
use runledger_store::Db;

use crate::{Content, Problem, ProblemDocument};

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
        write: impl FnOnce(ProblemDocument) -> (StatusCode, serde_json::Result<Vec<u8>>),
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
