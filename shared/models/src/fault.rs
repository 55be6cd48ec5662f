//! What is wrong with a request, and where.

/// A part of a request that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it is, as a JSON pointer into the body: `/3/status`. Empty for the whole.
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

impl Fault {
    /// What is wrong at a place.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

/// A member's name within a JSON pointer (RFC 6901).
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_for_pointers() {
        assert_eq!(escape("a/b~c"), "a~1b~0c");
    }
}
