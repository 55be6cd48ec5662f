//! A value of a node: what went in, what came out. The one place that says how these are shown here.

use askama::{Template, filters::HtmlSafe};
use runledger_models::Json;

use crate::format::Bytes;

/// The most characters of a name that are shown.
const MOST_OF_NAME: usize = 120;

/// A named value, as indented JSON or, where it is a text, as that; cut after so many bytes.
#[derive(Debug, Template)]
#[template(path = "run/value.html")]
pub(super) struct ValueView {
    name: String,
    text: String,
    bytes: Bytes,
    shown_bytes: usize,
    is_cut: bool,
}

impl HtmlSafe for ValueView {}

impl ValueView {
    /// Shows as much of a value as takes at most `most` bytes of a page.
    pub(super) fn new(name: impl Into<String>, value: &Json, most: usize) -> Self {
        let bytes = Bytes(value.get().len() as u64);
        let text = value
            .read::<String>()
            .unwrap_or_else(|| indented(value.get(), most + 4));
        let mut left = most;
        let fits = text.char_indices().find(|(_, character)| {
            let fits = left.checked_sub(bytes_in_html(*character));
            left = fits.unwrap_or(left);
            fits.is_none()
        });
        let end = fits.map_or(text.len(), |(end, _)| end);
        Self {
            name: name.into().chars().take(MOST_OF_NAME).collect(),
            is_cut: end < text.len(),
            shown_bytes: most - left,
            text: text[..end].to_owned(),
            bytes,
        }
    }
}

impl ValueView {
    /// How many bytes of the page it takes.
    pub(super) const fn shown_bytes(&self) -> usize {
        self.shown_bytes
    }

    /// Whether it has more.
    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }
}

/// What a character takes once it is escaped.
const fn bytes_in_html(character: char) -> usize {
    match character {
        '<' | '>' | '&' | '"' | '\'' => "&#60;".len(),
        _ => character.len_utf8(),
    }
}

/// JSON with a line for each member and element, as far as about `most` bytes; its numbers and texts stay as they are.
fn indented(json: &str, most: usize) -> String {
    let mut text = String::with_capacity(json.len().min(most) * 5 / 4);
    let (mut depth, mut is_within, mut is_escaped) = (0_usize, false, false);
    let mut characters = json.chars().peekable();
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth.min(32)));
    };
    while let Some(character) = characters.next() {
        if text.len() > most {
            break;
        }
        if is_within {
            text.push(character);
            is_within = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
            continue;
        }
        match character {
            character if character.is_ascii_whitespace() => {}
            '{' | '[' => {
                text.push(character);
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    text.push(close);
                } else {
                    depth += 1;
                    line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut text, depth);
                text.push(character);
            }
            ',' => {
                text.push(character);
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            '"' => {
                text.push(character);
                is_within = true;
            }
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_and_says_what_it_said() {
        for (json, expected) in [
            ("{}", "{}"),
            ("[ ]", "[]"),
            (
                r#"{"a":[1,2.50e3],"b":{"c":"x, {\"\\"}}"#,
                "{\n  \"a\": [\n    1,\n    2.50e3\n  ],\n  \"b\": {\n    \"c\": \"x, {\\\"\\\\\"\n  }\n}",
            ),
        ] {
            assert_eq!(indented(json, 1000), expected);
        }
        assert!(indented(&"[".repeat(100_000), 500).len() < 700);
    }

    #[test]
    fn a_value_is_cut_between_characters_and_escaped() {
        let json: Json = Json::string("<b>äöü");
        let html = ValueView::new("<i>", &json, 12).to_string();
        assert!(
            html.contains("&#60;b&#62;") && !html.contains('ä') && !html.contains("<i>"),
            "{html}"
        );
    }
}
