//! The API's description (OpenAPI 3.1), made of the route tables and the types of their endpoints.

mod api;
mod describe;
mod document;
mod responses;

pub use api::document;
pub(crate) use describe::describe;
pub use describe::header;
pub use document::{Document, Other, body, body_of, example};
