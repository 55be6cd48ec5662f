//! Log lines of a function: JSON, one a line, on standard error, each with the request's id.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

/// How often trouble that goes on is told of.
const INTERVAL: Duration = Duration::from_mins(1);

/// Writes the log lines of one request.
#[derive(Debug, Clone)]
pub struct Log {
    request_id: Rc<str>,
}

impl Log {
    /// The log of the request with this id.
    pub fn new(request_id: &str) -> Self {
        Self {
            request_id: request_id.into(),
        }
    }

    /// The request's id.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Something is odd, and the request goes on.
    pub fn warn(&self, message: &str) {
        self.write("WARN", message);
    }

    /// The request could not be served, and it is not its sender's fault.
    pub fn error(&self, message: &str) {
        self.write("ERROR", message);
    }

    fn write(&self, level: &str, message: &str) {
        let line = serde_json::json!({ "level": level, "request_id": self.request_id(), "message": message });
        eprintln!("{line}");
    }
}

/// Tells of trouble that goes on: at most once a minute.
#[derive(Debug, Default)]
pub struct Complaints {
    told_at: Cell<Option<Instant>>,
}

impl Complaints {
    /// Nothing was told of yet.
    pub const fn new() -> Self {
        Self {
            told_at: Cell::new(None),
        }
    }

    /// Something is odd, and goes on. Not written if something was within the last minute.
    pub fn warn(&self, log: &Log, message: &str) {
        if self.told_at.get().is_none_or(|at| at.elapsed() >= INTERVAL) {
            self.told_at.set(Some(Instant::now()));
            log.warn(message);
        }
    }
}
