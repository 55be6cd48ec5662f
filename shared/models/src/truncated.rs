//! How an answer says that something was left out of it, since the whole is larger than an answer may be.
//!
//! In the place of a value stands `{"$truncated": {"stored_bytes": …}}`, made in the database, which does not read what it
//! leaves out. The record that the value belongs to says so itself, in a member that callers' data cannot be taken for.

use std::fmt::Write as _;

use serde::Serialize;
use utoipa::ToSchema;

/// Says that values of a record were left out, and where the whole is. A value that was left out is
/// `{"$truncated": {"stored_bytes": …}}`, with its size as the database keeps it; some may be missing altogether.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Truncated {
    /// The path under which all that is stored can be read as a stream.
    pub data: String,
}

impl Truncated {
    /// Where the data of the execution `id` are.
    pub fn execution(id: &str) -> Self {
        Self {
            data: format!("/api/executions/{}/data", segment(id)),
        }
    }

    /// Where the data of the node execution `id` are.
    pub fn node_execution(id: &str) -> Self {
        Self {
            data: format!("/api/node-executions/{}/data", segment(id)),
        }
    }
}

/// The text as a segment of a path.
fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // A text takes whatever is written to it.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_a_path_whatever_the_id() {
        assert_eq!(Truncated::execution("a-1").data, "/api/executions/a-1/data");
        assert_eq!(
            Truncated::node_execution("a/é").data,
            "/api/node-executions/a%2F%C3%A9/data"
        );
    }
}
