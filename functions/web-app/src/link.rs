//! Addresses of pages, with what is put into them encoded.

use std::fmt::Display;

use form_urlencoded::Serializer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a segment of a path says without being encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A path that ends with an id.
pub(crate) fn path_of(before: &str, id: &str) -> String {
    format!("{before}/{}", utf8_percent_encode(id, SEGMENT))
}

/// A path with those parameters that have a value.
pub(crate) fn with_query(path: &str, parameters: &[(&str, Option<&dyn Display>)]) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, &value.to_string());
        }
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_into_an_address_stays_in_its_place() {
        assert_eq!(path_of("/runs", "a/b?c#d"), "/runs/a%2Fb%3Fc%23d");
        let (one, none): (&dyn Display, _) = (&"a&b=c", None);
        assert_eq!(
            with_query("/runs", &[("q", Some(one)), ("cursor", none)]),
            "/runs?q=a%26b%3Dc"
        );
        assert_eq!(with_query("/runs", &[("q", none)]), "/runs");
    }
}
