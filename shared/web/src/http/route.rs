//! The route table: endpoints as data.

use http::Method;
use runledger_logging::Log;
use runledger_models::Role;

use crate::{
    Access, Endpoint, Problem,
    http::{
        pipeline::{self, Routed, Served},
        response::{self, Response},
    },
    rpc,
};

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
            seed: E::PLATFORM_SOURCE,
            refuse: match E::PLATFORM_SOURCE {
                Some(_) => rpc::refuse,
                None => response::refuse,
            },
            serve: |routed| Box::pin(pipeline::serve::<E>(routed)),
            #[cfg(not(target_family = "wasm"))]
            describe: crate::openapi::describe::<E>,
        }
    }
}
