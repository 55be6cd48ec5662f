//! Operations of the API, as a function declares them.

use std::{future::Future, rc::Rc};

use http::{Method, StatusCode};

use crate::{Access, Body, Config, Ledger, Params, Payload, Problem, Reply, page::Refusal};

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
    /// What it does, in a line.
    const SUMMARY: &'static str;
    /// The door that it stands behind.
    const DOOR: Door = Door::Api;
    /// Whether it changes nothing, although its method is not GET.
    const READS: bool = false;
    /// The statuses of the problems it may answer with, besides those that its types imply.
    const PROBLEMS: &'static [StatusCode] = &[];
    /// Who may call.
    type Access: Access;
    /// The path's parameters.
    type Path: Params;
    /// The query's parameters.
    type Query: Params;
    /// The request body, and in front of it what is read from [headers](crate::Headers): `(LastEventId, ())`.
    type Body: Body;
    /// The response body.
    type Reply: Payload;

    /// Serves a request.
    fn handle(call: Call<Self>) -> impl Future<Output = Result<Reply<Self::Reply>, Problem>>;
}

/// A door of the application: where the caller's token is, and how a problem is told.
#[derive(Clone, Copy)]
pub enum Door {
    /// The HTTP API: a bearer's token, and problem documents.
    Api,
    /// The [data service](crate::rpc), whose methods come from the named document: a bearer's token, and exceptions.
    DataService(&'static str),
    /// [Pages](crate::page): a cookie, and a page that tells of the problem.
    Page(Refusal),
}

impl Door {
    /// The document that a method of the data service comes from.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) const fn platform_source(self) -> Option<&'static str> {
        match self {
            Self::DataService(source) => Some(source),
            Self::Api | Self::Page(_) => None,
        }
    }
}

/// A request to an endpoint.
pub struct Call<E: Endpoint> {
    /// What the endpoint's access learns of the caller.
    pub who: <E::Access as Access>::Who,
    /// The path's parameters.
    pub path: E::Path,
    /// The query's parameters.
    pub query: E::Query,
    /// The body, and in front of it what was read from headers.
    pub body: E::Body,
    /// Where the caller reached the application: `https://ledger.example`.
    pub origin: String,
    /// When the caller's token expires, in seconds since 1970.
    pub expires_at: Option<f64>,
    /// What runs the request's statements.
    pub ledger: Ledger,
    /// The instance's settings.
    pub config: Rc<Config>,
}

/// Whether an endpoint may change something.
pub(crate) fn writes<E: Endpoint>() -> bool {
    E::METHOD != Method::GET && !E::READS
}
