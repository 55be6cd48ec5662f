//! What every Rust file keeps to.

use crate::tidy::Finding;
use crate::tidy::rust::{Kind, Source};

const LONGEST: usize = 600;

pub(crate) fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |line: usize, advice: String| findings.push(Finding::new(source.path, line, advice));

    let lines = source.text.lines().count();
    if lines > LONGEST {
        find(
            LONGEST + 1,
            format!("{lines} lines: split the file, {LONGEST} is the most"),
        );
    }
    if !source.text.starts_with("//!") {
        find(1, "begin with a `//!` line that says what the module is for".to_owned());
    }

    // Where a panic costs somebody their request.
    let must_not_panic = source.path.starts_with("functions/") || source.path.starts_with("shared/");
    for window in source.windows() {
        match window {
            [name, sign, ..] if sign.is_punct('!') => {
                if let Some(name) = ["todo", "unimplemented", "dbg"]
                    .into_iter()
                    .find(|macro_name| name.is_ident(macro_name))
                {
                    find(
                        name_line(window),
                        format!("`{name}!` may not be committed: write what is missing, or remove it"),
                    );
                }
            }
            [token, ..] if matches!(&token.kind, Kind::Attribute(text) if text.trim_start().starts_with("ignore")) => {
                find(
                    token.line,
                    "a test that never runs proves nothing: make it run, or remove it".to_owned(),
                );
            }
            [dot, name, open, ..]
                if must_not_panic
                    && dot.is_punct('.')
                    && !name.test
                    && !name.may_unwrap
                    && (name.is_ident("unwrap") || name.is_ident("expect"))
                    && open.kind == Kind::Open('(') =>
            {
                find(
                    name.line,
                    "a panic answers the caller with an empty 500: return an error, or say why it cannot happen with \
                     `#[expect(clippy::…_used, reason = \"…\")]`"
                        .to_owned(),
                );
            }
            _ => {}
        }
    }
    findings
}

fn name_line(window: &[crate::tidy::rust::Token]) -> usize {
    window.first().map_or(1, |token| token.line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(usize, String)> {
        check(&Source::parse(path, text).unwrap())
            .into_iter()
            .map(|finding| (finding.line, finding.advice))
            .collect()
    }

    fn check_lines(path: &str, text: &str, lines: &[usize]) {
        let found: Vec<usize> = found(path, text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(found, lines, "{text}");
    }

    #[test]
    fn a_module_says_what_it_is_for() {
        check_lines("local/src/a.rs", "//! For this.\nfn a() {}", &[]);
        check_lines("local/src/a.rs", "fn a() {}", &[1]);
    }

    #[test]
    fn files_stay_small() {
        check_lines("local/src/a.rs", &format!("//! A.{}", "\n".repeat(600)), &[]);
        check_lines("local/src/a.rs", &format!("//! A.{}", "\n//".repeat(600)), &[601]);
    }

    #[test]
    fn nothing_unfinished_is_committed() {
        check_lines(
            "local/src/a.rs",
            "//! A.\nfn a() { todo!() }\nfn b() { unimplemented!() }\nfn c() { dbg!(1); }",
            &[2, 3, 4],
        );
        check_lines(
            "local/src/a.rs",
            "//! A.\n#[test]\n#[ignore = \"slow\"]\nfn a() {}",
            &[3],
        );
        check_lines(
            "local/src/a.rs",
            "//! A todo!() in a comment.\nfn a() { b(\"dbg!(1)\"); }",
            &[],
        );
    }

    #[test]
    fn what_serves_requests_does_not_panic() {
        let text = "//! A.\nfn a() {\n    b().unwrap();\n    c().expect(\"c\");\n}";
        check_lines("functions/a/src/lib.rs", text, &[3, 4]);
        check_lines("shared/web/src/lib.rs", text, &[3, 4]);
        check_lines("local/src/main.rs", text, &[]);
        check_lines("shared/web/tests/a.rs", text, &[]);
        check_lines(
            "shared/web/src/lib.rs",
            "//! A.\n#[cfg(test)]\nmod tests {\n fn a() { b().unwrap(); }\n}",
            &[],
        );
        check_lines(
            "shared/web/src/lib.rs",
            "//! A.\nfn a() { b().unwrap_or(1); self.expect = 1; }",
            &[],
        );
        let excused = "//! A.\nfn a() {\n #[expect(clippy::expect_used, reason = \"b\")]\n let a = b().expect(\"b\");\n c().unwrap();\n}";
        check_lines("shared/web/src/lib.rs", excused, &[5]);
    }
}
