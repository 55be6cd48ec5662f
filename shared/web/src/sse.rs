//! Server-sent events.

/// The content type of a stream of events.
pub const CONTENT_TYPE: &str = "text/event-stream";
