//! What JSON text must be before it is read: not nested too deeply, and storable in Postgres.

/// The deepest nesting that a body may have.
pub(crate) const MAX_DEPTH: usize = 128;

/// Why a JSON text is refused although it may be well-formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Nested more deeply than [`MAX_DEPTH`].
    Depth,
    /// Holds `\u0000`, which Postgres cannot.
    Nul,
}

impl Refused {
    pub(crate) const fn detail(self) -> &'static str {
        match self {
            Self::Depth => "is nested more than 128 levels deep",
            Self::Nul => "holds the character NUL (\\u0000), which cannot be stored",
        }
    }
}

/// Looks through a text once, without recursion and without judging whether it is well-formed JSON.
pub(crate) fn check(text: &str) -> Result<(), Refused> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut bytes = text.as_bytes();
    while let [first, rest @ ..] = bytes {
        bytes = rest;
        match (in_string, first) {
            (true, b'\\') => {
                if rest.starts_with(b"u0000") {
                    return Err(Refused::Nul);
                }
                bytes = rest.get(1..).unwrap_or_default();
            }
            (_, b'"') => in_string = !in_string,
            (false, b'[' | b'{') => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Refused::Depth);
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_and_nul_texts_are_refused() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (text, result) in [
            (nested(128), Ok(())),
            (nested(129), Err(Refused::Depth)),
            (nested(20_000), Err(Refused::Depth)),
            (format!("[{}]", ["[]"; 1000].join(",")), Ok(())),
            (r#"{"a":"\u0000"}"#.to_owned(), Err(Refused::Nul)),
            (r#"{"\u0000":1}"#.to_owned(), Err(Refused::Nul)),
            (r#"{"a":"\\u0000"}"#.to_owned(), Ok(())),
            (r#"{"a":"\\\u0000"}"#.to_owned(), Err(Refused::Nul)),
            (r#"{"a":"[[[\"[["}"#.to_owned(), Ok(())),
            ("\"\\".to_owned(), Ok(())),
        ] {
            assert_eq!(check(&text), result, "{}", &text[..text.len().min(40)]);
        }
    }
}
