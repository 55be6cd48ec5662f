//! Reads JSON text piece by piece, however deep it is: numbers stay as they were written, and what is not shown is passed over
//! without being built. The text is known to be JSON.

use runledger_models::Json;

/// A value in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A number, `true`, `false` or `null`.
    Word(&'a str),
    /// A text with its quotes.
    Text(&'a str),
    /// An array or an object with its brackets.
    Branch(&'a str),
}

/// The members of an array or an object.
pub(super) struct Members<'a> {
    text: &'a str,
    at: usize,
    is_object: bool,
}

impl<'a> Piece<'a> {
    pub(super) fn of(json: &'a Json) -> Self {
        Self::from_text(json.get().trim_ascii())
    }

    fn from_text(text: &'a str) -> Self {
        match text.as_bytes().first() {
            Some(b'"') => Self::Text(text),
            Some(b'{' | b'[') => Self::Branch(text),
            _ => Self::Word(text),
        }
    }

    /// The members of an array or an object; none of anything else.
    pub(super) fn members(self) -> Members<'a> {
        let text = if let Self::Branch(text) = self { text } else { "" };
        Members {
            text,
            at: 1,
            is_object: text.starts_with('{'),
        }
    }

    /// Whether it is an object.
    pub(super) fn is_object(self) -> bool {
        matches!(self, Self::Branch(text) if text.starts_with('{'))
    }
}

impl<'a> Iterator for Members<'a> {
    /// The name of an object's member, with its quotes, and the value.
    type Item = (Option<&'a str>, Piece<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let name = if self.is_object { Some(self.take()?) } else { None };
        Some((name, Piece::from_text(self.take()?)))
    }
}

impl<'a> Members<'a> {
    /// The next value, after spaces, a comma or a colon.
    fn take(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        while bytes
            .get(self.at)
            .is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b',' | b':'))
        {
            self.at += 1;
        }
        if matches!(bytes.get(self.at), None | Some(b']' | b'}')) {
            return None;
        }
        let begin = self.at;
        self.at = end(bytes, begin);
        self.text.get(begin..self.at)
    }
}

/// Where the value that begins here ends.
fn end(bytes: &[u8], begin: usize) -> usize {
    let mut at = begin;
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = text_end(bytes, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return if depth == 0 { at } else { at + 1 },
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return at,
            byte if byte.is_ascii_whitespace() && depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Where the text ends whose quote stands here.
fn text_end(bytes: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The JSON of some members in lines, at most about so many bytes of it, and whether it was cut.
pub(super) fn pretty<'a>(members: impl Iterator<Item = (&'a str, Piece<'a>)>, most: usize) -> (String, bool) {
    let mut out = String::from("{");
    for (place, (name, piece)) in members.enumerate() {
        if out.len() >= most {
            return (out, true);
        }
        out.push_str(if place > 0 { ",\n  " } else { "\n  " });
        out.push_str(&serde_json::Value::from(name).to_string());
        out.push_str(": ");
        if !write_pretty(piece, most, &mut out) {
            return (out, true);
        }
    }
    out.push_str(if out.len() > 1 { "\n}" } else { "}" });
    (out, false)
}

/// Writes a value in lines; whether all of it.
fn write_pretty(piece: Piece<'_>, most: usize, out: &mut String) -> bool {
    let (Piece::Word(text) | Piece::Text(text) | Piece::Branch(text)) = piece;
    let mut depth = 1_usize;
    let mut rest = text;
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth.min(64)));
    };
    while let Some(first) = rest.chars().next() {
        if out.len() >= most {
            return false;
        }
        let length = if first == '"' {
            text_end(rest.as_bytes(), 0)
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        let next = after.trim_ascii_start().as_bytes().first();
        match first {
            '{' | '[' => {
                depth += 1;
                out.push(first);
                if !matches!(next, Some(b'}' | b']')) {
                    line(out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if !out.ends_with(['{', '[']) {
                    line(out, depth);
                }
                out.push(first);
            }
            ',' => {
                out.push(first);
                line(out, depth);
            }
            ':' => out.push_str(": "),
            first if first.is_ascii_whitespace() => {}
            _ => {
                let room = most.saturating_sub(out.len());
                if token.len() > room {
                    out.push_str(&token[..token.floor_char_boundary(room)]);
                    return false;
                }
                out.push_str(token);
            }
        }
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn members_are_read_as_they_are_written() {
        let value = json(r#"{ "a" : 1.10, "b\"":[1, {"c": "}"}], "d": "x,\\" ,"e":{}, "f": null}"#);
        let members: Vec<_> = Piece::of(&value).members().collect();
        assert_eq!(
            members,
            [
                (Some("\"a\""), Piece::Word("1.10")),
                (Some("\"b\\\"\""), Piece::Branch(r#"[1, {"c": "}"}]"#)),
                (Some("\"d\""), Piece::Text(r#""x,\\""#)),
                (Some("\"e\""), Piece::Branch("{}")),
                (Some("\"f\""), Piece::Word("null")),
            ]
        );
        let items: Vec<_> = members[1].1.members().map(|(_, piece)| piece).collect();
        assert_eq!(items, [Piece::Word("1"), Piece::Branch(r#"{"c": "}"}"#)]);
        assert_eq!(Piece::of(&json("[]")).members().count(), 0);
        assert_eq!(Piece::of(&json("[[],[]]")).members().count(), 2);
    }

    #[test]
    fn however_deep_a_value_is_it_is_passed_over() {
        let deep = format!("[{}1{}, 2]", "[".repeat(100_000), "]".repeat(100_000));
        let members: Vec<_> = Piece::from_text(&deep).members().collect();
        assert_eq!(members.len(), 2);
        assert_eq!(members[1].1, Piece::Word("2"));
    }

    #[test]
    fn lines_are_the_same_json_until_they_are_cut() {
        let value = json(r#"{"a": [1, {"b": []}, {}], "c": "x: {y}, z"}"#);
        let (text, is_cut) = pretty([("in", Piece::of(&value))].into_iter(), 10_000);
        assert!(!is_cut);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            read["in"],
            serde_json::from_str::<serde_json::Value>(value.get()).unwrap()
        );
        assert!(text.contains("\n    \"a\": [\n      1,"), "{text}");
        let (text, is_cut) = pretty([("in", Piece::of(&value))].into_iter(), 30);
        assert!(is_cut && text.len() < 60, "{text}");
        assert_eq!(pretty(std::iter::empty(), 100), ("{}".to_owned(), false));
    }
}
