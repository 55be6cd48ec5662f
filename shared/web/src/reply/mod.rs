//! What is answered: payloads, streams, problems.

mod payload;
mod problem;
mod stream;
mod whole;

pub use payload::{Content, NoContent, Payload, Reply};
pub use problem::{Document as ProblemDocument, FieldError, Problem};
pub use stream::{Gone, Sink, Stream};
pub use whole::Whole;
