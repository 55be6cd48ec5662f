//! What every Rust file keeps to, and which parts of the libraries it may name.

use crate::tidy::Finding;
use crate::tidy::tree::Tree;

const LONGEST: usize = 600;

/// Parts of a library: who may name them, or who may not, and what to do instead.
struct Rule {
    root: &'static str,
    parts: &'static [&'static str],
    applies: fn(&str) -> bool,
    advice: &'static str,
}

const RULES: [Rule; 3] = [
    Rule {
        root: "spin_sdk",
        parts: &["http"],
        // The last is the component that tests the host.
        applies: |path| {
            let may = ["functions/", "shared/web/", "shared/llm/", "local/guest/"];
            !may.iter().any(|folder| path.starts_with(folder))
        },
        advice: "only shared/web, shared/llm and the functions know HTTP: take or return a type of shared/models",
    },
    Rule {
        root: "spin_sdk",
        parts: &["pg"],
        applies: |path| !path.starts_with("shared/store/") && !path.starts_with("local/guest/"),
        advice: "SQL belongs to shared/store: move it there, behind a function that takes the user's id",
    },
    Rule {
        root: "std",
        parts: &["env", "fs", "net", "process", "thread"],
        applies: |path| path.starts_with("shared/models/src/"),
        advice: "models do no I/O: take what is read as an argument",
    },
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.with_extension("rs") {
        let lines = text.lines().count();
        if lines > LONGEST {
            let advice = format!("{lines} lines: split the file, {LONGEST} is the most");
            findings.push(Finding::new(path, LONGEST + 1, advice));
        }
        if !text.starts_with("//!") {
            let advice = "begin with a `//!` line that says what the module is for";
            findings.push(Finding::new(path, 1, advice));
        }
        let code = code(text);
        for rule in RULES.iter().filter(|rule| (rule.applies)(path)) {
            let named = names(&code, rule.root).into_iter();
            let named = named.filter(|(_, name)| rule.parts.contains(name));
            findings.extend(named.map(|(line, _)| Finding::new(path, line, rule.advice)));
        }
    }
    findings
}

/// A file's lines without its comments, up to the tests at its end.
fn code(text: &str) -> String {
    let ours = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = ours.lines().map(|line| match line.split_once("//") {
        Some((before, _)) if before.trim().is_empty() => "",
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The names right after a root, with their lines: of `root::a::b` and of `root::{a::b, c}`.
fn names<'a>(code: &'a str, root: &str) -> Vec<(usize, &'a str)> {
    let within = |letter: char| letter.is_alphanumeric() || letter == '_';
    let name = |text: &'a str| {
        text.trim_start()
            .split(|letter| !within(letter))
            .next()
            .unwrap_or_default()
    };
    let mut names = Vec::new();
    for (start, path) in code.match_indices(&format!("{root}::")) {
        if code[..start].ends_with(within) {
            continue;
        }
        let line = code[..start].matches('\n').count() + 1;
        let rest = &code[start + path.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            names.push((line, name(rest)));
            continue;
        };
        let mut depth = 1;
        let end = list.find(|letter| {
            depth += nesting(letter);
            depth == 0
        });
        let mut depth = 0;
        let parts = list[..end.unwrap_or(list.len())].split(|letter| {
            depth += nesting(letter);
            letter == ',' && depth == 0
        });
        names.extend(parts.map(|part| (line, name(part))));
    }
    names
}

fn nesting(letter: char) -> i32 {
    match letter {
        '{' => 1,
        '}' => -1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_lines(path: &str, text: &str, lines: &[usize]) {
        let found: Vec<usize> = check(&Tree::from([(path, text)]))
            .into_iter()
            .map(|finding| finding.line)
            .collect();
        assert_eq!(found, lines, "{path}: {text}");
    }

    #[test]
    fn a_module_says_what_it_is_for_and_stays_small() {
        check_lines("local/src/a.rs", "//! For this.\nfn a() {}", &[]);
        check_lines("local/src/a.rs", "fn a() {}", &[1]);
        check_lines("local/src/a.rs", &format!("//! A.{}", "\n//".repeat(599)), &[]);
        check_lines("local/src/a.rs", &format!("//! A.{}", "\n//".repeat(600)), &[601]);
    }

    #[test]
    fn http_is_for_web_and_the_functions() {
        let text = "//! A.\nuse spin_sdk::http::Request;\nuse spin_sdk::{time, http::{self}};\n// spin_sdk::http\n\
                    use spin_sdk::redis::http;\nuse spin_sdk::{redis::{a, http}, b};\nuse a::{http};\nfn a(b: B) { B { c, http } }";
        check_lines("shared/store/src/lib.rs", text, &[2, 3]);
        check_lines("shared/web/src/lib.rs", text, &[]);
        check_lines("functions/a/src/lib.rs", text, &[]);
    }

    #[test]
    fn postgres_is_for_the_store() {
        let text = "//! A.\nuse spin_sdk::pg::Connection;\nfn a() { spin_sdk::pg::b(); }";
        check_lines("functions/a/src/lib.rs", text, &[2, 3]);
        check_lines("shared/web/src/lib.rs", text, &[2, 3]);
        check_lines("shared/store/src/lib.rs", text, &[]);
    }

    #[test]
    fn models_do_no_io() {
        let text = "//! A.\nuse std::fs;\nfn a() { std::env::var(\"A\"); }\nuse std::{fmt, net::TcpStream};\nuse std::fmt;\n\
                    #[cfg(test)]\nmod tests {\n    use std::fs;\n}";
        check_lines("shared/models/src/lib.rs", text, &[2, 3, 4]);
        check_lines("shared/store/src/lib.rs", text, &[]);
    }
}
