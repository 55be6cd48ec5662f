//! Streams that tell what happens as it happens: how server-sent events are written, and how a reader is kept.

mod event;
mod follow;
mod tail;

pub use event::{CONTENT_TYPE, write_event};
pub use follow::{Follow, Round, follow};
pub use tail::{Detail, Tail};
