//! Migrations are numbered without gaps, and each is one that the library applies.

use std::collections::BTreeMap;

use crate::tidy::Finding;
use crate::tidy::rust::Source;
use crate::tidy::tree::{Tree, has_extension};

const FOLDER: &str = "migrations";

pub(crate) fn check(tree: &Tree, sources: &[Source<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut numbered: BTreeMap<usize, &str> = BTreeMap::new();
    for name in tree.children(FOLDER).filter(|name| has_extension(name, "sql")) {
        let path = format!("{FOLDER}/{name}");
        let Some(number) = number(name) else {
            findings.push(Finding::new(
                path,
                1,
                "name it NNNN_what_it_does.sql, with the next free number",
            ));
            continue;
        };
        if let Some(other) = numbered.insert(number, name) {
            findings.push(Finding::new(
                &path,
                1,
                format!("{other} has the same number: take the next free one"),
            ));
        }
        let stem = name.trim_end_matches(".sql");
        let registered = sources
            .iter()
            .filter(|source| source.path.starts_with("migrations/src/"))
            .flat_map(|source| &source.tokens)
            .filter_map(|token| token.string())
            .any(|text| text.trim_matches('"').trim_end_matches(".sql").ends_with(stem));
        if !registered {
            findings.push(Finding::new(
                path,
                1,
                "it is never applied: add it to the list in migrations/src",
            ));
        }
    }
    for (expected, (number, name)) in (1..).zip(&numbered) {
        if *number != expected {
            let advice = format!("number {expected:04} is missing before it: migrations have no gaps");
            findings.push(Finding::new(format!("{FOLDER}/{name}"), 1, advice));
            break;
        }
    }
    findings
}

/// The number of `NNNN_what_it_does.sql`.
fn number(name: &str) -> Option<usize> {
    let (digits, rest) = name.strip_suffix(".sql")?.split_once('_')?;
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let fits = digits.len() == 4 && !rest.is_empty() && rest.chars().all(plain);
    digits.parse().ok().filter(|number| fits && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: [(&str, &str); 3]) -> Vec<String> {
        let list = "//! A.\nconst ALL: &[&str] = &[\"0001_a\", \"../0002_b.sql\", \"0003_c\"];";
        let sources = [Source::parse("migrations/src/lib.rs", list).unwrap()];
        check(&Tree::from(files), &sources)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_list_without_gaps_is_fine() {
        let all = [
            ("migrations/0001_a.sql", ""),
            ("migrations/0002_b.sql", ""),
            ("migrations/0003_c.sql", ""),
        ];
        assert_eq!(found(all), Vec::<String>::new());
    }

    #[test]
    fn gaps_strange_names_and_forgotten_files_are_found() {
        let check = |files, start: &str| {
            let found = found(files);
            assert!(found.len() == 1 && found[0].starts_with(start), "{found:?}");
        };
        let (first, second) = (("migrations/0001_a.sql", ""), ("migrations/0002_b.sql", ""));
        check(
            [first, ("migrations/0003_c.sql", ""), ("migrations/src/lib.rs", "")],
            "migrations/0003_c.sql:1: number 0002",
        );
        check(
            [first, second, ("migrations/3_c.sql", "")],
            "migrations/3_c.sql:1: name it",
        );
        check(
            [first, second, ("migrations/0003_d.sql", "")],
            "migrations/0003_d.sql:1: it is never applied",
        );
    }

    #[test]
    fn a_number_is_used_once() {
        let found = found([
            ("migrations/0001_a.sql", ""),
            ("migrations/0001_z_a.sql", ""),
            ("migrations/0002_b.sql", ""),
        ]);
        assert!(found[0].contains("0001_a.sql has the same number"), "{found:?}");
    }
}
