//! What documents name in backticks is there:
//!
//! 1. A word that ends like a text of ours, or begins with a folder of the repository, is a path or the end of one.
//! 2. Of `a::b`, `runledger.a`, `a(…)`, `CamelCase`, `UPPER_CASE`, `snake_case` and numbers, each word stands in code,
//!    comments left out.
//! 3. `NAME = value` is a constant of Rust with that value.
//! 4. "migration 0001" is a file.
//! 5. [`FOREIGN`] names what is somebody else's. Spans of another shape are not looked at.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::Finding;
use crate::tidy::tree::{Tree, has_extension};

/// Names of other programs that no code of ours has, and of what we do not have on purpose.
const FOREIGN: [&str; 16] = [
    "Allow",
    "COPY",
    "EventSource",
    "MOVED",
    "Moved",
    "SO_SNDBUF",
    "SpinAppExecutor",
    "TCP_NODELAY",
    "TCP_NOTSENT_LOWAT",
    "TCP_USER_TIMEOUT",
    "execution_ids",
    "max_client_conn",
    "max_standby_streaming_delay",
    "pg_partman",
    "pg_snapshot",
    "pg_stat_statements",
];

/// How the names of files end that documents name.
const FILES: [&str; 9] = ["rs", "sql", "md", "toml", "lua", "py", "yaml", "json", "snap"];

/// The file with the names that are only examples.
const EXAMPLES: &str = "xtask/src/tidy/names.rs";

/// What there is to name.
struct Known<'a> {
    tree: &'a Tree,
    words: BTreeSet<String>,
    /// Whole strings of Rust, without quotes.
    strings: BTreeSet<&'a str>,
    /// The values of constants, as they are written but for spaces and `_`.
    constants: BTreeMap<String, BTreeSet<String>>,
}

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let known = Known::new(tree);
    let mut findings = Vec::new();
    for (path, text) in tree.with_extension("md") {
        for (line, span) in spans(text) {
            if let Some(advice) = known.missing(&span) {
                findings.push(Finding::new(path, line, advice));
            }
        }
        for (number, line) in text.lines().enumerate() {
            for (end, start) in line.match_indices("igration ") {
                let name: String = line[end + start.len()..].chars().take(4).collect();
                if name.len() == 4 && name.bytes().all(|digit| digit.is_ascii_digit()) && !known.has_migration(&name) {
                    findings.push(Finding::new(path, number + 1, format!("there is no migration {name}")));
                }
            }
        }
    }
    findings
}

impl<'a> Known<'a> {
    fn new(tree: &'a Tree) -> Self {
        let mut known = Self {
            tree,
            words: FOREIGN.iter().map(|name| (*name).to_owned()).collect(),
            strings: BTreeSet::new(),
            constants: BTreeMap::new(),
        };
        for (_, text) in tree.with_extension("rs").filter(|(path, _)| *path != EXAMPLES) {
            known.read(text);
        }
        for (extension, comment) in [
            ("sql", "--"),
            ("lua", "--"),
            ("toml", "#"),
            ("py", "#"),
            ("yaml", "#"),
            ("json", "//"),
        ] {
            // What is described there is what documents are to be held to.
            for (_, text) in tree
                .with_extension(extension)
                .filter(|(path, _)| !path.starts_with("docs/"))
            {
                let code = text.lines().filter_map(|line| line.split(comment).next());
                known.words.extend(code.flat_map(words).map(str::to_owned));
            }
        }
        known
    }

    /// Reads a file of Rust, but for the lines that are comments.
    fn read(&mut self, text: &'a str) {
        let code = || text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code() {
            for word in words(line) {
                self.words.insert(word.to_owned());
                // A number, however it is written.
                self.words.insert(word.replace('_', ""));
            }
            self.strings.extend(line.split('"').skip(1).step_by(2));
        }
        // A constant may go on over the end of a line.
        let code = code().collect::<Vec<_>>().join(" ");
        for rest in code.split("const ").skip(1) {
            let constant = rest.split(';').next().and_then(|constant| constant.split_once(" = "));
            if let Some((declared, value)) = constant
                && let Some((name, _)) = declared.split_once(':').filter(|(name, _)| is_upper(name))
            {
                self.constants.entry(name.to_owned()).or_default().insert(plain(value));
            }
        }
    }

    /// Why what a span names is not there.
    fn missing(&self, span: &str) -> Option<String> {
        if let Some((name, value)) = span.split_once(" = ").filter(|(name, _)| is_upper(name)) {
            let values = self.constants.get(name)?;
            let fits = values.contains(&plain(value));
            return (!fits).then(|| format!("`{span}`: the constant is {}", join(values)));
        }
        let span = span.trim_matches('"');
        if let Some(path) = self.path(span) {
            return (!self.has_path(path)).then(|| format!("there is no `{span}` in the repository"));
        }
        let named = names(span)?;
        let unknown = named.into_iter().find(|name| !self.words.contains(*name))?;
        Some(format!(
            "`{unknown}` stands nowhere in the code: name what is there, or add it to FOREIGN in {EXAMPLES}"
        ))
    }

    /// The path that a span is.
    fn path<'b>(&self, span: &'b str) -> Option<&'b str> {
        let letter = |letter: char| letter.is_ascii_alphanumeric() || "_./-".contains(letter);
        let first = span.split('/').next().unwrap_or_default();
        let ends_so = FILES.iter().any(|ending| has_extension(span, ending));
        let begins_so = span.contains('/') && self.tree.children("").any(|name| name == first);
        let is_path = !first.is_empty() && first != "target" && span.chars().all(letter) && (ends_so || begins_so);
        is_path.then(|| span.trim_end_matches('/'))
    }

    fn has_path(&self, path: &str) -> bool {
        let end = format!("/{path}");
        self.tree.has(path) || self.strings.contains(path) || self.tree.paths().any(|known| known.ends_with(&end))
    }

    fn has_migration(&self, number: &str) -> bool {
        let mut names = self.tree.children("migrations");
        names.any(|name| name.starts_with(number) && has_extension(name, "sql"))
    }
}

/// The words that a span names, if it has the shape of code.
fn names(span: &str) -> Option<Vec<&str>> {
    let head = span.split('(').next().unwrap_or_default();
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "_:.<>".contains(letter);
    let is_name = head.contains("::")
        || head.starts_with("runledger.")
        || head.len() < span.len()
        || head.contains('_')
        || head.starts_with(|letter: char| letter.is_ascii_uppercase())
        || head.bytes().all(|letter| letter.is_ascii_digit());
    // A parameter of a type says nothing, nor does `_`.
    let named = words(head).filter(|word| word.len() > 1);
    (!head.is_empty() && !head.starts_with('<') && head.chars().all(fits) && is_name).then(|| named.collect())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .filter(|word| !word.is_empty())
}

fn is_upper(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name
            .bytes()
            .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == b'_')
}

fn plain(value: &str) -> String {
    value.replace(['_', ' '], "")
}

fn join(values: &BTreeSet<String>) -> String {
    values.iter().map(String::as_str).collect::<Vec<_>>().join(" or ")
}

/// The code spans of a document outside of fences, with the lines on which they begin. One may go on over a line's end, but
/// not over an empty line.
fn spans(text: &str) -> Vec<(usize, String)> {
    let mut spans = Vec::new();
    let mut fenced = false;
    let mut open: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        if line.trim().is_empty() {
            open = None;
        }
        for (place, part) in line.trim().split('`').enumerate() {
            if place > 0 {
                match open.take() {
                    Some(span) => spans.push(span),
                    None => open = Some((number + 1, String::new())),
                }
            }
            if let Some((_, span)) = &mut open {
                if place == 0 && !span.is_empty() {
                    span.push(' ');
                }
                span.push_str(part);
            }
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(document: &str) -> Vec<String> {
        let code = "//! Gone.\n/// A Gone.\nconst MOST: u32 = 10_000;\nstruct Kept<T>(T);\nimpl Kept<u8> { fn make_it() { call(\"data/seed.py\"); } }";
        let tree = Tree::from([
            ("docs/a.md", document),
            ("shared/a/src/lib.rs", code),
            (
                "migrations/0001_a.sql",
                "-- Gone.\nCREATE TABLE runledger.rows (\"userId\" text)",
            ),
        ]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_there_may_be_named() {
        for document in [
            "`shared/a`, `shared/a/src/lib.rs`, `lib.rs`, `data/seed.py`, `target/a.json`, `a/b`, `/api/a.json`",
            "`Kept`, `Kept<T>`, `Kept::make_it`, `make_it()`, `call(it)`, `MOST`, `MOST = 10_000`, `10000`",
            "`runledger.rows`, `\"userId\"`, migration 0001",
            "`word`, `<any>_gone`, `two Words`, `Retry-After`, `…/Gone`\n```\n`Gone`\n```\nGone",
            "a `span that\ngoes` on",
        ] {
            assert_eq!(found(document), Vec::<String>::new(), "{document}");
        }
    }

    #[test]
    fn what_is_gone_is_found() {
        for (document, advice) in [
            ("`shared/b`", "there is no `shared/b`"),
            ("`main.rs`", "there is no `main.rs`"),
            ("`Gone`", "`Gone` stands nowhere"),
            ("`Kept::gone`", "`gone` stands nowhere"),
            ("`gone()`", "`gone` stands nowhere"),
            ("`GONE`", "`GONE` stands nowhere"),
            ("`runledger.gone`", "`gone` stands nowhere"),
            ("`MOST = 9`", "`MOST = 9`: the constant is 10000"),
            ("`77`", "`77` stands nowhere"),
            ("migration 0002", "there is no migration 0002"),
        ] {
            let found = found(&format!("\n{document}"));
            assert_eq!(found.len(), 1, "{document}: {found:?}");
            assert!(found[0].starts_with(&format!("docs/a.md:2: {advice}")), "{found:?}");
        }
    }
}
