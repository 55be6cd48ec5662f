//! Addresses of pages.

use std::fmt::{Display, Formatter, Result};

use form_urlencoded::byte_serialize;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use runledger_models::Timestamp;

/// What a segment of a path has as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An id as a segment of a path, and as the part of an element's id: without white space.
pub(crate) fn segment(id: &str) -> String {
    utf8_percent_encode(id, SEGMENT).to_string()
}

/// A path with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    path: String,
    query: String,
}

impl Address {
    /// A path without a query.
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            query: String::new(),
        }
    }

    /// The page of a run.
    pub(crate) fn run(id: &str) -> Self {
        Self::new(format!("/runs/{}", segment(id)))
    }

    /// The page of a graph.
    pub(crate) fn graph(id: &str) -> Self {
        Self::new(format!("/graphs/{}", segment(id)))
    }

    /// The list of runs.
    pub(crate) fn runs() -> Self {
        Self::new("/runs")
    }

    /// With a parameter; without it where it is empty.
    pub(crate) fn with(mut self, name: &str, value: impl Display) -> Self {
        let value = value.to_string();
        if !value.is_empty() {
            if !self.query.is_empty() {
                self.query.push('&');
            }
            self.query.extend([name, "="]);
            self.query.extend(byte_serialize(value.as_bytes()));
        }
        self
    }

    /// With the bounds of a time; the end is not included.
    pub(crate) fn within(mut self, from: Timestamp, to: Timestamp) -> Self {
        let last = Timestamp::from_millis(to.millis() - 1).unwrap_or(to);
        let separator = if self.query.is_empty() { "" } else { "&" };
        // Colons may stand in a query as they are.
        self.query.extend([
            separator,
            "created_from=",
            &from.to_string(),
            "&created_to=",
            &last.to_string(),
        ]);
        self
    }

    /// The query alone.
    pub(crate) fn query(&self) -> &str {
        &self.query
    }

    /// What a parameter can be added to.
    pub(crate) fn open(&self) -> String {
        let separator = if self.query.is_empty() { "" } else { "&" };
        format!("{}?{}{separator}", self.path, self.query)
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.path)?;
        if !self.query.is_empty() {
            write!(f, "?{}", self.query)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ids_hold_does_not_get_out_of_its_place() {
        assert_eq!(Address::run("a/../b?c=d e").to_string(), "/runs/a%2F..%2Fb%3Fc%3Dd%20e");
        let list = Address::runs().with("graph_id", "a&b").with("sort", "");
        assert_eq!(list.to_string(), "/runs?graph_id=a%26b");
        assert_eq!(list.open(), "/runs?graph_id=a%26b&");
        assert_eq!(Address::runs().open(), "/runs?");
    }
}
