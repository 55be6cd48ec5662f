//! SQL files are the store's, and open no transaction there. What the store composes is among them, as it is sent
//! (`shared/store/statements`).

use crate::tidy::Finding;
use crate::tidy::tree::Tree;

const STORE: &str = "shared/store/";

/// Beside the store: what sets databases up, what tests and measures.
const MAY_HOLD_SQL: [&str; 6] = [STORE, "migrations/", "benches/", "tests/", "xtask/", "local/"];

const TRANSACTION_WORDS: [&str; 4] = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.with_extension("sql") {
        if !MAY_HOLD_SQL.iter().any(|folder| path.starts_with(folder)) && !path.contains("/tests/") {
            let advice = "SQL belongs to shared/store: move it there, behind a function that takes the user's id";
            findings.push(Finding::new(path, 1, advice));
        }
        for (index, line) in text.lines().enumerate().filter(|_| path.starts_with(STORE)) {
            let code = line.split("--").next().unwrap_or_default().to_ascii_uppercase();
            if opens_transaction(&code) {
                let advice = "a transaction over several host calls is never rolled back by Spin's pool: write one \
                              statement";
                findings.push(Finding::new(path, index + 1, advice));
            }
        }
    }
    findings
}

fn opens_transaction(code: &str) -> bool {
    let mut words = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.any(|word| TRANSACTION_WORDS.contains(&word)) || code.contains("START TRANSACTION")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_files_are_the_stores_and_hold_no_transaction() {
        let tree = Tree::from([
            ("functions/a/src/a.sql", "SELECT 1"),
            ("shared/store/src/a.sql", "-- We do not COMMIT here.\nSELECT begin_time"),
            ("shared/store/src/b.sql", "SELECT 1;\ncommit;"),
            ("migrations/0001_a.sql", "BEGIN; COMMIT;"),
        ]);
        let found = check(&tree).into_iter().map(|finding| (finding.file, finding.line));
        let wanted = [("functions/a/src/a.sql", 1), ("shared/store/src/b.sql", 2)];
        assert!(found.eq(wanted.map(|(file, line)| (file.to_owned(), line))));
    }
}
