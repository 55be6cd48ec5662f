//! SQL lives in the store, and opens no transaction there.

use crate::tidy::Finding;
use crate::tidy::rust::Source;
use crate::tidy::tree::Tree;

const STORE: &str = "shared/store/";

/// Beside the store: what sets databases up, what tests and measures, and the host, which cleans connections.
const MAY_HOLD_SQL: [&str; 6] = [STORE, "migrations/", "benches/", "tests/", "xtask/", "local/"];

const MOVE: &str = "SQL belongs to shared/store: move it there, behind a function that takes the user's id";
const TRANSACTION: &str =
    "a transaction over several host calls is never rolled back by Spin's pool: write one statement";

/// Looks at the string literals of a file.
pub(crate) fn check_source(source: &Source<'_>) -> Vec<Finding> {
    let strings = || {
        source
            .tokens
            .iter()
            .filter(|token| !token.test)
            .filter_map(|token| Some((token.line, token.string()?)))
    };
    let mut findings = Vec::new();
    if !may_hold_sql(source.path) {
        let sql = strings().filter(|(_, text)| looks_like_sql(text));
        findings.extend(sql.map(|(line, _)| Finding::new(source.path, line, MOVE)));
    }
    if source.path.starts_with(STORE) {
        let transactions = strings().filter(|(_, text)| opens_transaction(text));
        findings.extend(transactions.map(|(line, _)| Finding::new(source.path, line, TRANSACTION)));
    }
    findings
}

/// Looks at the `.sql` files.
pub(crate) fn check_files(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.with_extension("sql") {
        if !may_hold_sql(path) {
            findings.push(Finding::new(path, 1, MOVE));
        }
        if path.starts_with(STORE) {
            for (number, line) in text.lines().enumerate() {
                let code = line.split("--").next().unwrap_or_default();
                if opens_transaction(code) {
                    findings.push(Finding::new(path, number + 1, TRANSACTION));
                }
            }
        }
    }
    findings
}

fn may_hold_sql(path: &str) -> bool {
    MAY_HOLD_SQL.iter().any(|folder| path.starts_with(folder)) || path.contains("/tests/")
}

fn words(literal: &str) -> Vec<String> {
    // The escapes of a literal would stick to the word that follows them.
    let text = literal.replace("\\n", " ").replace("\\t", " ");
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.split(|letter: char| !word(letter))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether a text reads like a statement. Prose may well contain "select" or "delete"; a statement says more.
fn looks_like_sql(literal: &str) -> bool {
    let words = words(literal);
    let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let has_pair = |first: &str, seconds: &[&str]| {
        lower
            .windows(2)
            .any(|pair| pair[0] == first && seconds.contains(&pair[1].as_str()))
    };
    let made = [
        "table",
        "schema",
        "index",
        "view",
        "function",
        "trigger",
        "type",
        "materialized",
        "or",
    ];
    words.iter().any(|word| word == "SELECT")
        || (lower.first().is_some_and(|word| word == "select") && lower.iter().any(|word| word == "from"))
        || has_pair("insert", &["into"])
        || has_pair("delete", &["from"])
        || has_pair("truncate", &["table"])
        || ["create", "alter", "drop"]
            .iter()
            .any(|verb| lower.first().is_some_and(|word| word == verb) && has_pair(verb, &made))
        || (lower.first().is_some_and(|word| word == "update") && lower.iter().any(|word| word == "set"))
}

fn opens_transaction(text: &str) -> bool {
    let words = words(text);
    let first = words.first().map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let statement = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT"];
    statement.contains(&first.as_str())
        || words.iter().any(|word| statement.contains(&word.as_str()))
        || words
            .windows(2)
            .any(|pair| pair[0].eq_ignore_ascii_case("start") && pair[1].eq_ignore_ascii_case("transaction"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_from_prose() {
        let check = |text: &str, expected| assert_eq!(looks_like_sql(text), expected, "{text}");
        check("SELECT 1", true);
        check("\\nSELECT id FROM a", true);
        check("select id from a where b = $1", true);
        check(
            "WITH a AS (INSERT INTO b VALUES ($1) RETURNING c) SELECT * FROM a",
            true,
        );
        check("update a set b = $1", true);
        check("delete from a", true);
        check("create table a (b int)", true);
        check("DELETE", false);
        check("DELETE /api/executions/{id}", false);
        check("Select a graph and update it.", false);
        check("create the execution", false);
        check("The rows are inserted, then deleted.", false);
        check("the updated set of nodes", false);
    }

    #[test]
    fn only_the_store_holds_sql() {
        let check = |path: &str, text: &str, lines: &[usize]| {
            let found = check_source(&Source::parse(path, text).unwrap());
            let found: Vec<usize> = found.into_iter().map(|finding| finding.line).collect();
            assert_eq!(found, lines, "{path}: {text}");
        };
        let text = "//! A.\n/// SELECT in a comment.\nconst A: &str = \"SELECT 1\";";
        check("functions/a/src/lib.rs", text, &[3]);
        check("shared/web/src/lib.rs", text, &[3]);
        check("shared/models/src/lib.rs", text, &[3]);
        check("shared/store/src/lib.rs", text, &[]);
        check("xtask/src/main.rs", text, &[]);
        check("openapi/tests/a.rs", text, &[]);
        check(
            "shared/store/src/lib.rs",
            "const A: &str = \"BEGIN\";\nconst B: &str = \"SELECT 1; COMMIT\";",
            &[1, 2],
        );
    }

    #[test]
    fn sql_files_are_the_stores_and_hold_no_transaction() {
        let tree = Tree::from([
            ("functions/a/src/a.sql", "SELECT 1"),
            ("shared/store/src/a.sql", "-- We do not COMMIT here.\nSELECT 1"),
            ("shared/store/src/b.sql", "SELECT 1;\ncommit;"),
            ("migrations/0001_a.sql", "BEGIN; COMMIT;"),
        ]);
        let found: Vec<_> = check_files(&tree)
            .into_iter()
            .map(|finding| (finding.file, finding.line))
            .collect();
        assert_eq!(
            found,
            [
                ("functions/a/src/a.sql".to_owned(), 1),
                ("shared/store/src/b.sql".to_owned(), 2)
            ]
        );
    }
}
