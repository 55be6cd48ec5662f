//! What happens to a request: its route, its limits, its component, and a line in the log if no component answers it.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Instant,
};

use bytes::Bytes;
use http::{
    HeaderValue, Request, Response, Uri,
    header::HOST,
    uri::{Authority, PathAndQuery, Scheme},
};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use serde::Serialize;
use tokio::time::timeout;
use wasmtime_wasi_http::WasiBody;

use crate::{
    admission::Admission,
    body::{RequestBody, ResponseBody, content_length},
    instances::Instances,
    log::{Log, timestamp},
    memory::Memory,
    options::Limits,
    problem::{Problem, REQUEST_ID, given_id, new_id},
    routes::Router,
};

/// Serves the requests of an application.
pub(crate) struct Service {
    /// Which component serves a path.
    pub(crate) router: Router,
    /// The components' names and instances.
    pub(crate) components: Vec<(Arc<str>, Instances)>,
    /// How many requests are served at once.
    pub(crate) admission: Admission,
    /// What instances have together.
    pub(crate) memory: Arc<Memory>,
    /// Other limits.
    pub(crate) limits: Arc<Limits>,
    /// Where requests are logged.
    pub(crate) log: Log,
    /// Where this application listens, for requests that do not say whom they are meant for.
    pub(crate) this: SocketAddr,
}

/// The line of a request that no component answered. Components log those that they answer.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    component: &'a str,
    method: &'a str,
    path: &'a str,
    status: u16,
    duration_ms: f64,
    request_id: &'a str,
}

impl Service {
    /// Whether others need what a response that takes its time holds.
    pub(crate) fn responses_are_short(&self) -> bool {
        self.admission.responses_are_short() || self.memory.is_short()
    }

    /// Answers `request`.
    pub(crate) async fn serve(self: &Arc<Self>, request: Request<Incoming>) -> Response<ResponseBody> {
        let started = Instant::now();
        let method = request.method().clone();
        let target = request.uri().path_and_query().cloned();
        let path = target.as_ref().map_or("/", PathAndQuery::path);
        // Needed later only if the component does not answer.
        let given_id = given_id(request.headers()).map(ToOwned::to_owned);

        let found = self.router.find(path);
        let component = found.as_ref().and_then(|(index, _)| self.components.get(*index));
        let result = match component {
            Some((_, instances)) => self.pass_on(instances, request).await,
            None => Err(Problem::NotFound),
        };
        let problem = match result {
            Ok(response) => return response,
            Err(problem) => problem,
        };
        let response = problem
            .response(&given_id.unwrap_or_else(new_id))
            .map(ResponseBody::from);

        let status = response.status();
        self.log.line(&Line {
            timestamp: timestamp(),
            level: if status.is_server_error() { "WARN" } else { "INFO" },
            message: "request",
            component: component.map_or("", |(name, _)| name),
            method: method.as_str(),
            path: found.as_ref().map_or(path, |(_, shown)| shown),
            status: status.as_u16(),
            duration_ms: started.elapsed().as_micros() as f64 / 1000.0,
            request_id: response
                .headers()
                .get(REQUEST_ID)
                .and_then(|id| id.to_str().ok())
                .unwrap_or_default(),
        });
        response
    }

    async fn pass_on(
        self: &Arc<Self>,
        instances: &Instances,
        request: Request<Incoming>,
    ) -> Result<Response<ResponseBody>, Problem> {
        if content_length(request.headers()).is_some_and(|length| length > self.limits.max_body_bytes) {
            return Err(Problem::TooLarge);
        }
        let problem = Arc::<OnceLock<Problem>>::default();
        let request = self.prepare(request, &problem).await?;
        let admitted = self.admission.admit().await.ok_or(Problem::Busy)?;
        let answer = instances.answer(request, admitted).await;
        match problem.get() {
            Some(problem) => Err(*problem),
            None => answer,
        }
    }

    /// The request as components get it, with what could be read of its body; `problem` is set when the rest of it turns
    /// out to have one.
    async fn prepare(
        self: &Arc<Self>,
        request: Request<Incoming>,
        problem: &Arc<OnceLock<Problem>>,
    ) -> Result<Request<WasiBody>, Problem> {
        let (mut parts, body) = request.into_parts();
        parts.uri = self.full_uri(parts.uri, parts.headers.get(HOST));
        parts.extensions.clear();
        let body = if body.is_end_stream() {
            Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync()
        } else {
            let mut body = RequestBody::new(body, self, problem);
            timeout(self.limits.request_deadline_ms, body.read_ahead())
                .await
                .unwrap_or(Err(Problem::SlowBody))?;
            body.boxed_unsync()
        };
        Ok(Request::from_parts(parts, body))
    }

    fn full_uri(&self, uri: Uri, host: Option<&HeaderValue>) -> Uri {
        let mut parts = uri.into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = parts
            .authority
            .or_else(|| host.and_then(|host| Authority::try_from(host.as_bytes()).ok()))
            .or_else(|| Authority::try_from(self.this.to_string()).ok());
        if parts.path_and_query.is_none() {
            parts.path_and_query = Some(PathAndQuery::from_static("/"));
        }
        Uri::from_parts(parts).unwrap_or_default()
    }
}
