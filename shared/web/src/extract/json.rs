//! What JSON text must be before it is read: not nested too deeply, storable in Postgres, and not much longer as that
//! writes it.

/// The deepest nesting that a body may have.
pub(crate) const MAX_DEPTH: usize = 128;

/// The most digits that a body's exponents may stand for, all together: Postgres writes a number out, so that six bytes like
/// `1e9999` come back as ten thousand. More than any answer holds, and than any list of measured numbers comes to.
const MAX_EXPONENTS: usize = 32 << 20;

/// Why a JSON text is refused although it may be well-formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Nested more deeply than [`MAX_DEPTH`].
    Depth,
    /// Holds `\u0000`, which Postgres cannot.
    Nul,
    /// Written out, its numbers are longer than [`MAX_EXPONENTS`].
    Exponents,
}

impl Refused {
    pub(crate) const fn detail(self) -> &'static str {
        match self {
            Self::Depth => "is nested more than 128 levels deep",
            Self::Nul => "holds the character NUL (\\u0000), which cannot be stored",
            Self::Exponents => "holds numbers that are longer than 32 MiB when their exponents are written out",
        }
    }
}

/// Looks through a text once, without recursion and without judging whether it is well-formed JSON.
pub(crate) fn check(text: &str) -> Result<(), Refused> {
    let mut depth = 0_usize;
    let mut exponents = 0_usize;
    let mut before = b' ';
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
            (false, b'e' | b'E') if before.is_ascii_digit() => {
                exponents = exponents.saturating_add(exponent(rest));
                if exponents > MAX_EXPONENTS {
                    return Err(Refused::Exponents);
                }
            }
            _ => {}
        }
        before = *first;
    }
    Ok(())
}

/// The size of the exponent that a text begins with, whatever its sign.
fn exponent(text: &[u8]) -> usize {
    let digits = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
    digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0_usize, |size, digit| {
            size.saturating_mul(10).saturating_add(usize::from(digit - b'0'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_would_harm_are_refused() {
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
            ("[1e308, 2E-308, 1e131071, 1e+400]".to_owned(), Ok(())),
            (format!("[{}]", vec!["1.25e-17"; 100_000].join(",")), Ok(())),
            (format!("[{}]", ["1e131071"; 300].join(",")), Err(Refused::Exponents)),
            ("1E-99999999999999999999999".to_owned(), Err(Refused::Exponents)),
            (r#"["7e99999999999", true]"#.to_owned(), Ok(())),
        ] {
            assert_eq!(check(&text), result, "{}", &text[..text.len().min(40)]);
        }
    }
}
