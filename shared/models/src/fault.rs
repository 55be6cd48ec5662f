//! What is wrong with a request, and where.

use serde::de;

/// Begins the message of an error that says where it is.
const AT: &str = "at `";
/// Ends the place within such a message.
const IS: &str = "`: ";

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

    /// The same as what a reader raises, for a rule between the members of what it has read: an error has no place of its
    /// own, so that the message carries it.
    pub fn into_error<E: de::Error>(self) -> E {
        if self.pointer.is_empty() {
            return E::custom(self.detail);
        }
        E::custom(format_args!("{AT}{}{IS}{}", self.pointer, self.detail))
    }

    /// What a reader raised: the place is within what was being read.
    pub fn of_error(message: &str) -> Self {
        let placed = message.strip_prefix(AT).and_then(|rest| rest.split_once(IS));
        let (pointer, detail) = placed.unwrap_or(("", message));
        Self::new(pointer, detail)
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

    #[test]
    fn a_fault_comes_back_from_the_error_that_it_was_made() {
        for (pointer, detail) in [("", "has neither"), ("/stats/cost", "must be a `number`: 0 or more")] {
            let fault = Fault::new(pointer, detail);
            let error: de::value::Error = fault.clone().into_error();
            assert_eq!(Fault::of_error(&error.to_string()), fault);
        }
        assert_eq!(Fault::of_error("missing field `a`").pointer, "");
    }
}
