//! Markdown that users and models wrote, as HTML of our own: no tag of theirs, no image is loaded, and links lead to `http(s)`
//! alone.

use std::fmt::{self, Display, Formatter, Write};

use askama::filters::{Escaper, Html, HtmlSafe};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A tag within so many others is not opened: only its text is shown.
const DEEPEST: usize = 24;

/// Markdown.
#[derive(Debug)]
pub(crate) struct Markdown(String);

impl HtmlSafe for Markdown {}

impl Display for Markdown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let parser = Parser::new_ext(&self.0, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
        let mut writer = Writer {
            out: f,
            open: Vec::new(),
            is_in_link: false,
        };
        parser.into_iter().try_for_each(|event| writer.write(event))
    }
}

impl Markdown {
    /// The text, if it looks as if it was written in Markdown.
    pub(crate) fn recognise(text: &str) -> Option<Self> {
        let is_marked_within = text.contains("**") || text.contains("](") || text.contains('`');
        let is_marked_line = |line: &str| {
            let line = line.trim_start();
            let digits = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
            ["# ", "## ", "### ", "- ", "* ", "> ", "|", "```"]
                .iter()
                .any(|mark| line.starts_with(mark))
                || (digits.len() < line.len() && digits.starts_with(". "))
        };
        let is_marked = is_marked_within || (text.contains('\n') && text.lines().any(is_marked_line));
        is_marked.then(|| Self(text.to_owned()))
    }
}

/// An address that a link may lead to.
pub(super) fn is_web_address(address: &str) -> bool {
    let has_scheme = |scheme: &str| {
        address
            .get(..scheme.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(scheme))
    };
    (has_scheme("https://") || has_scheme("http://")) && !address.contains(|letter: char| letter.is_control())
}

struct Writer<'a, 'f> {
    out: &'a mut Formatter<'f>,
    /// What closes each of the tags that are open; nothing for those that were not opened.
    open: Vec<&'static str>,
    is_in_link: bool,
}

impl Writer<'_, '_> {
    fn write(&mut self, event: Event<'_>) -> fmt::Result {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::Code(text) => {
                self.out.write_str("<code>")?;
                self.text(&text)?;
                self.out.write_str("</code>")
            }
            Event::SoftBreak => self.out.write_char('\n'),
            Event::HardBreak => self.out.write_str("<br>"),
            Event::Rule => self.out.write_str("<hr>"),
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => self.text(&text),
            Event::TaskListMarker(_) => Ok(()),
        }
    }

    fn text(&mut self, text: &str) -> fmt::Result {
        Html.write_escaped_str(&mut *self.out, text)
    }

    fn start(&mut self, tag: Tag<'_>) -> fmt::Result {
        if self.open.len() >= DEEPEST {
            self.open.push("");
            return Ok(());
        }
        let (opening, closing) = match tag {
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }
                if !self.is_in_link && is_web_address(&dest_url) =>
            {
                self.is_in_link = true;
                self.out.write_str("<a rel=\"noopener nofollow\" href=\"")?;
                self.text(&dest_url)?;
                ("\">", "</a>")
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => ("<pre><code>", "</code></pre>"),
            Tag::List(Some(first)) => {
                write!(self.out, "<ol start=\"{first}\"")?;
                (">", "</ol>")
            }
            Tag::Paragraph | Tag::HtmlBlock => ("<p>", "</p>"),
            // Their levels are those of another page.
            Tag::Heading { .. } => ("<h4>", "</h4>"),
            Tag::BlockQuote(_) => ("<blockquote>", "</blockquote>"),
            Tag::List(None) => ("<ul>", "</ul>"),
            Tag::Item => ("<li>", "</li>"),
            Tag::Table(_) => ("<div class=\"table\" tabindex=\"0\"><table>", "</tbody></table></div>"),
            Tag::TableHead => ("<thead><tr>", "</tr></thead><tbody>"),
            Tag::TableRow => ("<tr>", "</tr>"),
            Tag::TableCell if self.open.last() == Some(&"</tr></thead><tbody>") => ("<th scope=\"col\">", "</th>"),
            Tag::TableCell => ("<td>", "</td>"),
            Tag::Emphasis => ("<em>", "</em>"),
            Tag::Strong => ("<strong>", "</strong>"),
            Tag::Strikethrough => ("<s>", "</s>"),
            _ => ("", ""),
        };
        self.open.push(closing);
        self.out.write_str(opening)
    }

    fn end(&mut self, end: TagEnd) -> fmt::Result {
        let closing = self.open.pop().unwrap_or_default();
        if matches!(end, TagEnd::Link | TagEnd::Image) && closing == "</a>" {
            self.is_in_link = false;
        }
        self.out.write_str(closing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        Markdown(text.to_owned()).to_string()
    }

    #[test]
    fn markdown_becomes_html() {
        for (text, expected) in [
            ("# Hello *you*", "<h4>Hello <em>you</em></h4>"),
            ("a\nb  \nc", "<p>a\nb<br>c</p>"),
            ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
            ("3. a", "<ol start=\"3\"><li>a</li></ol>"),
            ("```rust\na < b\n```", "<pre><code>a &#60; b\n</code></pre>"),
            (
                "~~no~~ **yes** `c`",
                "<p><s>no</s> <strong>yes</strong> <code>c</code></p>",
            ),
            (
                "|a|b|\n|-|-|\n|1|2|",
                "<div class=\"table\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr></thead><tbody>\
                 <tr><td>1</td><td>2</td></tr></tbody></table></div>",
            ),
        ] {
            assert_eq!(html(text), expected, "{text}");
        }
    }

    #[test]
    fn no_tag_of_theirs_no_script_and_no_image_comes_through() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div>\n<iframe src=//evil></iframe>\n</div>",
            "[a](javascript:alert(1))",
            "[a](JaVaScRiPt:alert(1))",
            "[a](data:text/html,<script>)",
            "![a](javascript:alert(1))",
            "[a](<https://x\" onmouseover=\"alert(1)>)",
            "<javascript:alert(1)>",
            "[a](/runs/x/stop)",
            "**a** <b onclick=alert(1)>",
        ] {
            let html = html(text);
            for tag in [
                "<script",
                "<img",
                "<iframe",
                "<div",
                "<b ",
                "href=\"javascript",
                "href=\"data",
                "href=\"/",
            ] {
                assert!(!html.to_ascii_lowercase().contains(tag), "{text}: {html}");
            }
            assert!(!html.contains("\" onmouseover"), "{html}");
        }
        let image = html("![a cat](https://elsewhere/cat.png) [x](https://a?b=1&c=2)");
        let expected = "<p><a rel=\"noopener nofollow\" href=\"https://elsewhere/cat.png\">a cat</a> \
                        <a rel=\"noopener nofollow\" href=\"https://a?b=1&#38;c=2\">x</a></p>";
        assert_eq!(image, expected);
        let nested = html("[![alt](https://a/b.png)](https://a/)");
        assert_eq!(nested.matches("<a ").count(), 1, "{nested}");
        assert_eq!(nested.matches("</a>").count(), 1, "{nested}");
    }

    #[test]
    fn what_is_nested_without_end_is_flat_from_some_depth_on() {
        let html = html(&format!("{}a", "> ".repeat(5000)));
        assert_eq!(
            html.matches("<blockquote>").count(),
            html.matches("</blockquote>").count()
        );
        assert!(html.matches("<blockquote>").count() <= DEEPEST);
    }

    #[test]
    fn only_what_looks_like_markdown_is_taken_for_it() {
        for (text, is_markdown) in [
            ("# Title\ntext", true),
            ("one\n- two", true),
            ("see [this](https://a)", true),
            ("1. a\n2. b", true),
            ("plain words, 3 of them.", false),
            ("two\nlines", false),
            ("- a single line", false),
        ] {
            assert_eq!(Markdown::recognise(text).is_some(), is_markdown, "{text}");
        }
    }
}
