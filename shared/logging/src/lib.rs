//! Log lines of a function: JSON, one a line, on standard error, each with the request's id.

use std::rc::Rc;

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
