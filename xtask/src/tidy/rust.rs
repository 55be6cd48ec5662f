//! Rust as a flat list of tokens, each of which knows its line and whether it belongs to a test.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::tidy::Finding;

/// A Rust file.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    pub(crate) tokens: Vec<Token>,
}

/// A token and what is known of its place.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) line: usize,
    /// In test code.
    pub(crate) test: bool,
    /// In an item that says why it may unwrap: `#[expect(clippy::unwrap_used, reason = "…")]`.
    pub(crate) may_unwrap: bool,
}

/// What a token is. Comments are none, and documentation is an attribute.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ident(String),
    Punct(char),
    /// A literal as it is written, quotes and all.
    Literal(String),
    /// What stands between `#[` and `]`.
    Attribute(String),
    Open(char),
    Close,
}

impl Token {
    pub(crate) fn is_ident(&self, name: &str) -> bool {
        matches!(&self.kind, Kind::Ident(ident) if ident == name)
    }

    pub(crate) fn is_punct(&self, sign: char) -> bool {
        self.kind == Kind::Punct(sign)
    }

    /// The text of a string literal.
    pub(crate) fn string(&self) -> Option<&str> {
        match &self.kind {
            Kind::Literal(literal) if literal.ends_with(['"', '#']) => Some(literal),
            _ => None,
        }
    }
}

impl<'a> Source<'a> {
    /// Reads a file.
    pub(crate) fn parse(path: &'a str, text: &'a str) -> Result<Self, Finding> {
        let stream: TokenStream = text
            .parse()
            .map_err(|error| Finding::new(path, 1, format!("this is not Rust that can be read: {error}")))?;
        let mut tokens = Vec::new();
        let is_test = is_test_file(path) || text.contains("#![cfg(test)]");
        flatten(
            stream,
            Flags {
                test: is_test,
                may_unwrap: false,
            },
            &mut tokens,
        );
        Ok(Self { path, text, tokens })
    }

    /// The tokens from each position on: for matching short sequences.
    pub(crate) fn windows(&self) -> impl Iterator<Item = &[Token]> {
        (0..self.tokens.len()).map(|start| &self.tokens[start..])
    }
}

fn is_test_file(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    test: bool,
    may_unwrap: bool,
}

impl Flags {
    fn or(self, other: Self) -> Self {
        Self {
            test: self.test || other.test,
            may_unwrap: self.may_unwrap || other.may_unwrap,
        }
    }
}

fn flatten(stream: TokenStream, outer: Flags, tokens: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    // What the attributes seen so far say of the item that they stand before.
    let mut item = Flags::default();
    while let Some(tree) = trees.next() {
        let flags = outer.or(item);
        let line = tree.span().start().line;
        let token = |kind| Token {
            kind,
            line,
            test: flags.test,
            may_unwrap: flags.may_unwrap,
        };
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                // `#[…]` and `#![…]`
                trees.next_if(|next| matches!(next, TokenTree::Punct(punct) if punct.as_char() == '!'));
                if let Some(TokenTree::Group(group)) = trees.next_if(|next| matches!(next, TokenTree::Group(_))) {
                    let text = group.stream().to_string();
                    let compact: String = text.split_whitespace().collect();
                    item.test |= compact == "test" || compact.starts_with("cfg(test") || compact.ends_with("::test");
                    item.may_unwrap |= compact.starts_with("expect(")
                        && (compact.contains("unwrap_used") || compact.contains("expect_used"));
                    tokens.push(token(Kind::Attribute(text)));
                }
            }
            TokenTree::Punct(punct) => {
                tokens.push(token(Kind::Punct(punct.as_char())));
                if punct.as_char() == ';' {
                    item = Flags::default();
                }
            }
            TokenTree::Ident(ident) => tokens.push(token(Kind::Ident(ident.to_string()))),
            TokenTree::Literal(literal) => tokens.push(token(Kind::Literal(literal.to_string()))),
            TokenTree::Group(group) => {
                let sign = match group.delimiter() {
                    Delimiter::Parenthesis => '(',
                    Delimiter::Brace => '{',
                    Delimiter::Bracket => '[',
                    Delimiter::None => ' ',
                };
                tokens.push(token(Kind::Open(sign)));
                flatten(group.stream(), flags, tokens);
                tokens.push(token(Kind::Close));
                if sign == '{' {
                    item = Flags::default();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tested(text: &str) -> Vec<String> {
        let source = Source::parse("functions/a/src/lib.rs", text).unwrap();
        let names = source.tokens.iter().filter(|token| token.test);
        names
            .filter_map(|token| {
                if let Kind::Ident(name) = &token.kind {
                    Some(name.clone())
                } else {
                    None
                }
            })
            .collect()
    }

    #[test]
    fn test_code_is_told_from_the_rest() {
        assert_eq!(
            tested("fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}"),
            ["mod", "tests", "fn", "b"]
        );
        assert_eq!(tested("#[test]\nfn a() {}\nfn b() {}"), ["fn", "a"]);
        assert_eq!(
            tested("#[tokio::test]\nasync fn a() {}\nfn b() {}"),
            ["async", "fn", "a"]
        );
        assert_eq!(tested("#[cfg(test)]\nuse a;\nuse b;"), ["use", "a"]);
        assert_eq!(tested("#![cfg(test)]\nfn a() {}"), ["fn", "a"]);
    }

    #[test]
    fn lines_and_strings_are_those_of_the_file() {
        let source = Source::parse("a.rs", "//! Text.\nfn a() {\n    b(r#\"x\"#, 'c', 1);\n}").unwrap();
        let strings: Vec<_> = source
            .tokens
            .iter()
            .filter_map(|token| Some((token.line, token.string()?)))
            .collect();
        assert_eq!(strings, [(3, "r#\"x\"#")]);
    }

    #[test]
    fn what_is_not_rust_is_said() {
        let finding = Source::parse("a.rs", "fn a( {").unwrap_err();
        assert!(finding.advice.contains("not Rust"), "{finding}");
    }
}
