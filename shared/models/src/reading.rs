//! For tests: what a type takes, and why it refuses the rest.

use serde::Deserialize;

/// Reads each text. `None` beside it says that it fits, a text what its refusal says.
#[track_caller]
pub(crate) fn check<T: for<'a> Deserialize<'a>>(cases: &[(&str, Option<&str>)]) {
    for (text, refusal) in cases {
        let refused = serde_json::from_str::<T>(text).err().map(|error| error.to_string());
        match (refused, refusal) {
            (None, None) => {}
            (Some(refused), Some(refusal)) => assert!(refused.contains(refusal), "{text}: {refused}"),
            (refused, _) => panic!("{text}: {refused:?}"),
        }
    }
}
