//! Requests and responses: from the host to an endpoint and back.

pub(crate) mod endpoint;
mod metrics;
mod pipeline;
pub(crate) mod request_id;
pub(crate) mod response;
mod route;
mod router;
mod serve;

pub use endpoint::{Call, Door, Endpoint};
pub use route::Route;
pub use serve::serve;
