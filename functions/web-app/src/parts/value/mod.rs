//! A value that users or models gave, as people read it: texts as texts, Markdown rendered, the rest as a tree that folds. It is
//! bounded in bytes and depth however large the value is, and nothing in it is markup.

mod markdown;
mod scan;

use askama::{Template, filters::HtmlSafe};
use runledger_models::Json;

use markdown::Markdown;
use scan::Piece;

use crate::format::{Bytes, Count};

/// A tree goes so many levels down.
const DEEPEST: usize = 64;
/// Levels of a tree that are open to begin with.
const OPEN_LEVELS: usize = 2;
/// Members of a level that is open to begin with.
const OPEN_MEMBERS: usize = 40;
/// The bytes of tags around a value.
const TAGS: usize = 120;
/// The most characters of a text by itself, and of one within a tree; longer ones fold there.
const LONGEST_TEXT: usize = 20_000;
const LONGEST_LEAF: usize = 4_000;
const LONGEST_LINE: usize = 160;
const LONGEST_NAME: usize = 200;
/// Longer texts are for reading.
const LINE: usize = 60;
const LONGEST_ADDRESS: usize = 2_000;
/// What stands on a line that unfolds.
const BEGINNING: usize = 100;
/// The largest image that is sent within a page.
const LARGEST_IMAGE: usize = 64 << 10;

/// The bytes of HTML that values may still take, and whether any was cut for it.
#[derive(Debug)]
pub(crate) struct Allowance {
    bytes: usize,
    /// Whether something was left out.
    pub(crate) is_cut: bool,
}

impl Allowance {
    /// About so many bytes.
    pub(crate) const fn new(bytes: usize) -> Self {
        Self { bytes, is_cut: false }
    }

    /// Takes bytes, if there are so many.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        if bytes > self.bytes {
            self.bytes = 0;
            self.is_cut = true;
            return false;
        }
        self.bytes -= bytes;
        true
    }

    /// What `make` makes of a part of it: of a share, where so many want one.
    pub(crate) fn share<T>(&mut self, among: usize, make: impl FnOnce(&mut Self) -> T) -> T {
        let bytes = self.bytes / among.max(1);
        let mut part = Self::new(bytes);
        let value = make(&mut part);
        self.bytes -= bytes - part.bytes;
        self.is_cut |= part.is_cut;
        value
    }

    /// The beginning of a text as far as it may go.
    fn text(&mut self, text: &str, longest: usize) -> Text {
        let mut shown = String::new();
        let mut letters = text.chars();
        for letter in letters.by_ref().take(longest) {
            let bytes = match letter {
                '<' | '>' | '&' | '"' | '\'' => 5,
                other => other.len_utf8(),
            };
            if bytes > self.bytes {
                break;
            }
            self.bytes -= bytes;
            shown.push(visible(letter));
        }
        let count = text.chars().count();
        let is_cut = shown.chars().count() < count;
        self.is_cut |= is_cut;
        Text { shown, count, is_cut }
    }
}

/// A control character as the symbol for it.
fn visible(letter: char) -> char {
    match letter {
        '\n' | '\t' => letter,
        '\r' => '\n',
        '\0'..='\x1f' => char::from_u32(0x2400 + letter as u32).unwrap_or(letter),
        '\x7f'..='\u{9f}' => '\u{fffd}',
        _ => letter,
    }
}

/// A text, or its beginning.
#[derive(Debug)]
pub(crate) struct Text {
    shown: String,
    /// How many characters the whole has.
    count: usize,
    is_cut: bool,
}

impl Text {
    fn beginning(&self) -> &str {
        self.shown
            .char_indices()
            .nth(BEGINNING)
            .map_or(&self.shown, |(end, _)| &self.shown[..end])
    }

    /// Whether it may scroll by itself, and so has to be reached by the keyboard.
    fn may_scroll(&self) -> bool {
        self.count > 600 || self.shown.lines().count() > 12
    }

    fn characters(&self) -> Count {
        Count(self.count as u64)
    }

    fn shown_characters(&self) -> Count {
        Count(self.shown.chars().count() as u64)
    }
}

/// What a value is shown as.
#[derive(Debug)]
enum Shape {
    /// A number, `true`, `false` or `null`.
    Word { class: &'static str, text: String },
    /// A text on one line.
    Line(Text),
    /// A text that is long or has several lines.
    Long(Text),
    /// A text that is a link.
    Link(String),
    /// An image that is in the text itself.
    Image { address: String, size: Bytes },
    /// An array or an object.
    Branch(Branch),
    /// What is not shown, and why not.
    LeftOut(String),
}

#[derive(Debug)]
struct Branch {
    is_object: bool,
    count: usize,
    members: Vec<Node>,
    is_open: bool,
}

impl Branch {
    fn size(&self) -> String {
        let what = match (self.is_object, self.count) {
            (true, 1) => "member",
            (true, _) => "members",
            (false, 1) => "item",
            (false, _) => "items",
        };
        format!("{} {what}", Count(self.count as u64))
    }

    fn left_out(&self) -> Count {
        Count((self.count - self.members.len()) as u64)
    }
}

/// A place in a tree.
#[derive(Debug, Template)]
#[template(path = "parts/value-node.html")]
struct Node {
    name: Option<String>,
    shape: Shape,
}

impl HtmlSafe for Node {}

/// A value.
#[derive(Debug, Template)]
#[template(path = "parts/value.html")]
pub(crate) struct ValueView(Form);

impl HtmlSafe for ValueView {}

#[derive(Debug)]
enum Form {
    Markdown(Markdown, Text),
    Text(Text),
    Tree(Node),
}

/// How much room a value takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// A word or a line.
    Line,
    /// Words to read.
    Prose,
    /// Something to unfold.
    Tree,
}

impl ValueView {
    /// How much room it takes.
    pub(crate) fn size(&self) -> Size {
        match &self.0 {
            Form::Text(text) if text.count <= LINE && !text.shown.contains('\n') => Size::Line,
            Form::Markdown(..) | Form::Text(_) => Size::Prose,
            Form::Tree(Node {
                shape: Shape::Branch(_) | Shape::Image { .. },
                ..
            }) => Size::Tree,
            Form::Tree(_) => Size::Line,
        }
    }

    /// The same value; one that unfolds has its name on the line that does it.
    #[must_use]
    pub(crate) fn named(mut self, name: &str) -> Self {
        if self.size() == Size::Tree
            && let Form::Tree(node) = &mut self.0
        {
            node.name = Some(name.to_owned());
        }
        self
    }

    /// The value, as far as the allowance goes.
    pub(crate) fn new(json: &Json, allowance: &mut Allowance) -> Self {
        let piece = Piece::of(json);
        if let Piece::Text(quoted) = piece
            && let Some(text) = unquoted(quoted)
            && special(&text, &mut Allowance::new(LARGEST_IMAGE * 2)).is_none()
        {
            let text = allowance.text(&text, LONGEST_TEXT);
            let markdown = Markdown::recognise(&text.shown);
            return Self(match markdown {
                Some(markdown) => Form::Markdown(markdown, text),
                None => Form::Text(text),
            });
        }
        Self(Form::Tree(Node {
            name: None,
            shape: shape(piece, 0, allowance),
        }))
    }
}

/// The values by their names as JSON in lines, at most about so many bytes, and whether it was cut.
pub(crate) fn raw<'a>(members: impl Iterator<Item = (&'a str, &'a Json)>, most: usize) -> (String, bool) {
    scan::pretty(members.map(|(name, value)| (name, Piece::of(value))), most)
}

fn unquoted(quoted: &str) -> Option<String> {
    serde_json::from_str(quoted).ok()
}

/// A text that is an address or an image.
fn special(text: &str, allowance: &mut Allowance) -> Option<Shape> {
    let has_space = |text: &str| text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    if text.len() <= LONGEST_ADDRESS && markdown::is_web_address(text) && !has_space(text) {
        return Some(if allowance.take(2 * text.len()) {
            Shape::Link(text.to_owned())
        } else {
            Shape::LeftOut("A link".to_owned())
        });
    }
    let kind = text.strip_prefix("data:image/")?;
    let is_known = ["png", "jpeg", "gif", "webp", "avif", "svg+xml"].iter().any(|known| {
        kind.strip_prefix(known)
            .is_some_and(|rest| rest.starts_with([';', ',']))
    });
    if !is_known {
        return None;
    }
    let bytes = text.len();
    Some(if bytes <= LARGEST_IMAGE && !has_space(text) && allowance.take(bytes) {
        Shape::Image {
            address: text.to_owned(),
            size: Bytes(bytes as u64),
        }
    } else {
        allowance.is_cut = true;
        Shape::LeftOut(format!("An image of {}", Bytes(bytes as u64)))
    })
}

fn shape(piece: Piece<'_>, depth: usize, allowance: &mut Allowance) -> Shape {
    match piece {
        Piece::Word(text) => Shape::Word {
            class: match text {
                "null" => "null",
                "true" | "false" => "bool",
                _ => "num",
            },
            text: allowance.text(text, LONGEST_NAME).shown,
        },
        Piece::Text(quoted) => {
            let text = unquoted(quoted).unwrap_or_else(|| quoted.to_owned());
            special(&text, allowance).unwrap_or_else(|| {
                let text = allowance.text(&text, LONGEST_LEAF);
                if text.count > LONGEST_LINE || text.shown.contains('\n') {
                    allowance.bytes = allowance.bytes.saturating_sub(text.beginning().len() + TAGS);
                    Shape::Long(text)
                } else {
                    Shape::Line(text)
                }
            })
        }
        Piece::Branch(_) if stored_bytes(piece).is_some() => {
            allowance.is_cut = true;
            Shape::LeftOut(format!("A value of {}", Bytes(stored_bytes(piece).unwrap_or_default())))
        }
        Piece::Branch(text) if depth >= DEEPEST => {
            allowance.is_cut = true;
            Shape::LeftOut(format!("{} deeper down", Bytes(text.len() as u64)))
        }
        Piece::Branch(_) => {
            let branch = branch(piece, depth, allowance);
            match (branch.count, branch.members.len()) {
                (0, _) => Shape::Word {
                    class: "null",
                    text: if branch.is_object { "{}" } else { "[]" }.to_owned(),
                },
                (_, 0) => Shape::LeftOut(branch.size()),
                _ => Shape::Branch(branch),
            }
        }
    }
}

fn branch(piece: Piece<'_>, depth: usize, allowance: &mut Allowance) -> Branch {
    let mut members = Vec::new();
    let mut count = 0;
    for (name, member) in piece.members() {
        count += 1;
        if members.len() + 1 < count || !allowance.take(TAGS) {
            continue;
        }
        let name = name.map_or_else(
            || (count - 1).to_string(),
            |quoted| {
                let name = unquoted(quoted).unwrap_or_else(|| quoted.to_owned());
                allowance.text(&name, LONGEST_NAME).shown
            },
        );
        members.push(Node {
            name: Some(name),
            shape: shape(member, depth + 1, allowance),
        });
    }
    Branch {
        is_object: piece.is_object(),
        count,
        members,
        is_open: depth < OPEN_LEVELS && count <= OPEN_MEMBERS,
    }
}

/// The size of a value that the store left out, of which this stands in its place.
fn stored_bytes(piece: Piece<'_>) -> Option<u64> {
    let mut members = piece.members();
    let (Some((Some("\"$truncated\""), inner)), None) = (members.next(), members.next()) else {
        return None;
    };
    match inner.members().next() {
        Some((Some("\"stored_bytes\""), Piece::Word(bytes))) => bytes.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(json: &str, bytes: usize) -> (String, bool) {
        let json = serde_json::from_str(json).unwrap();
        let mut allowance = Allowance::new(bytes);
        let html = ValueView::new(&json, &mut allowance).to_string();
        (html, allowance.is_cut)
    }

    #[test]
    fn each_kind_of_value_has_its_form() {
        for (json, expected) in [
            ("1.50", r#"<span class="num">1.50</span>"#),
            ("null", r#"<span class="null">null</span>"#),
            (r#""a word""#, r#"<div class="text" dir="auto">a word</div>"#),
            (r#""**a**""#, "<p><strong>a</strong></p>"),
            (r#"{"a":{"b":true}}"#, r#"<bdi class="key">b</bdi>"#),
            (r#"["x"]"#, r#"<bdi class="str">x</bdi>"#),
            (
                r#"["https://a/b.png"]"#,
                r#"<a class="str" rel="noopener nofollow" href="https://a/b.png">"#,
            ),
            (
                r#"["data:image/png;base64,AAAA"]"#,
                r#"src="data:image/png;base64,AAAA""#,
            ),
            (r#"{"$truncated":{"stored_bytes":2048}}"#, "A value of 2.0 KB"),
        ] {
            let (html, _) = view(json, 10_000);
            assert!(html.contains(expected), "{json}: {html}");
        }
    }

    #[test]
    fn hostile_texts_stay_texts() {
        for json in [
            r#""<script>alert(1)</script>""#,
            r#"{"<script>alert(1)</script>":"<img src=x onerror=alert(1)>"}"#,
            r#"["javascript:alert(1)"]"#,
            r#"["https://a\" onmouseover=\"alert(1)"]"#,
            r#"["data:image/png,\" onerror=\"alert(1)"]"#,
            r#"["data:text/html,<script>alert(1)</script>"]"#,
        ] {
            let (html, _) = view(json, 10_000);
            for mark in ["<script", "<img src=x", "href=\"javascript", "\" on", "src=\"data:text"] {
                assert!(!html.contains(mark), "{json}: {html}");
            }
        }
        let (html, _) = view(r#"["a\u202Eb\u0007"]"#, 10_000);
        assert!(html.contains("<bdi class=\"str\">a\u{202e}b\u{2407}</bdi>"), "{html}");
    }

    #[test]
    fn a_page_is_small_however_large_the_value_is() {
        let lines = format!("\"{}\"", "<".repeat(1 << 20));
        let wide = format!("[{}1]", "1,".repeat(1 << 18));
        let names = format!(
            "{{{}}}",
            (0..9_000)
                .map(|n| format!("\"{n}{}\":\"&\"", "k".repeat(300)))
                .collect::<Vec<_>>()
                .join(",")
        );
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        for json in [lines, wide, names, deep] {
            let (html, is_cut) = view(&json, 60_000);
            assert!(is_cut, "{}", &json[..20]);
            assert!(html.len() < 100_000, "{} of {}", html.len(), &json[..20]);
        }
        let (html, is_cut) = view(&format!("[\"{}\"]", "x".repeat(5000)), 60_000);
        assert!(is_cut && html.contains("5,000 characters"), "{html}");
        let (html, _) = view(&format!("[{}1]", "1,".repeat(9_999)), 10_000);
        assert!(
            html.contains("10,000 items") && html.contains("more are not shown"),
            "{html}"
        );
    }
}
