//! The route table: endpoints as data.

use http::Method;
use runledger_models::Role;

use crate::{
    Access, Door, Endpoint,
    http::pipeline::{self, Routed, Served},
};

/// An endpoint as data: a line of a function's route table.
pub struct Route {
    /// The HTTP method.
    pub method: Method,
    /// The path, with `{names}`.
    pub path: &'static str,
    /// The roles that may call; none for a route that needs no token.
    pub roles: &'static [Role],
    /// The door that it stands behind.
    pub door: Door,
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
            door: E::DOOR,
            serve: |routed| Box::pin(pipeline::serve::<E>(routed)),
            #[cfg(not(target_family = "wasm"))]
            describe: crate::openapi::describe::<E>,
        }
    }
}
