//! One migration file: its number, checksum and statements.

use sha2::{Digest, Sha256};

/// The first line of a file whose statements cannot run inside a transaction.
const NO_TRANSACTION: &str = "-- runledger: no transaction";

/// Before a statement of such a file: leave it out where the relation named after this exists.
const UNLESS: &str = "-- unless exists: ";

/// A numbered SQL file.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    name: &'static str,
    sql: &'static str,
}

impl Migration {
    /// A migration of the name `NNNN_what_it_does`. The number is its version; versions count from 1.
    pub const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql }
    }

    /// The file's name without `.sql`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The number that the name begins with; 0 when there is none.
    pub fn version(&self) -> i64 {
        let digits = self.name.bytes().take_while(u8::is_ascii_digit);
        digits.fold(0, |version, digit| version * 10 + i64::from(digit - b'0'))
    }

    pub(crate) const fn sql(&self) -> &'static str {
        self.sql
    }

    /// SHA-256 in hexadecimal, the same whichever line ends the checkout has.
    pub(crate) fn checksum(&self) -> String {
        format!("{:x}", Sha256::digest(self.sql.replace("\r\n", "\n")))
    }

    pub(crate) fn is_transactional(&self) -> bool {
        self.sql
            .lines()
            .next()
            .is_none_or(|line| line.trim_end() != NO_TRANSACTION)
    }

    /// The statements of a file without a transaction. Such files are kept simple: comments have lines of their own,
    /// a statement ends with a semicolon at the end of a line, and a function's body stands between two `$$`.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        let mut statements = Vec::new();
        let mut next = Statement::default();
        for line in self.sql.lines().map(str::trim_end) {
            if let Some(relation) = line.strip_prefix(UNLESS) {
                next.unless = Some(relation.trim().to_owned());
            }
            if line.starts_with("--") || (next.sql.is_empty() && line.is_empty()) {
                continue;
            }
            next.sql.push_str(line);
            next.sql.push('\n');
            let in_body = next.sql.matches("$$").count() % 2 == 1;
            if line.ends_with(';') && !in_body {
                statements.push(std::mem::take(&mut next));
            }
        }
        if !next.sql.is_empty() {
            statements.push(next);
        }
        statements
    }
}

/// One statement of a file without a transaction.
#[derive(Debug, Default)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    /// The relation whose presence makes the statement needless, as written in the file.
    pub(crate) unless: Option<String>,
}

impl Statement {
    /// The index that `CREATE INDEX CONCURRENTLY IF NOT EXISTS` makes, as written there.
    pub(crate) fn concurrent_index(&self) -> Option<&str> {
        let rest = self.sql.strip_prefix("CREATE ")?;
        let rest = rest.strip_prefix("UNIQUE ").unwrap_or(rest);
        let name = rest.strip_prefix("INDEX CONCURRENTLY IF NOT EXISTS ")?;
        name.split_whitespace().next()
    }
}

/// The highest version of a list in order.
pub(crate) fn latest(migrations: &[Migration]) -> i64 {
    migrations.last().map_or(0, Migration::version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_leading_number() {
        for (name, version) in [("0001_first", 1), ("0120_later", 120), ("12", 12), ("unnumbered", 0)] {
            assert_eq!(Migration::new(name, "").version(), version, "{name}");
        }
    }

    #[test]
    fn the_checksum_does_not_depend_on_line_ends() {
        let unix = Migration::new("0001_a", "SELECT 1;\nSELECT 2;\n").checksum();
        assert_eq!(Migration::new("0001_a", "SELECT 1;\r\nSELECT 2;\r\n").checksum(), unix);
        assert_ne!(Migration::new("0001_a", "SELECT 1;\nSELECT 3;\n").checksum(), unix);
        assert_eq!(unix.len(), 64);
    }

    #[test]
    fn a_file_without_a_transaction_is_split_at_semicolons_that_end_a_line() {
        let file = Migration::new(
            "0001_a",
            "-- runledger: no transaction\n-- Why; because.\n\n-- unless exists: \"B\"\n-- More.\nCREATE INDEX a\n    \
             ON t (a);\n\nANALYZE t;\nANALYZE u\n",
        );
        assert!(!file.is_transactional());
        let statements = file.statements();
        let seen: Vec<_> = statements
            .iter()
            .map(|each| (each.sql.as_str(), each.unless.as_deref()))
            .collect();
        assert_eq!(
            seen,
            [
                ("CREATE INDEX a\n    ON t (a);\n", Some("\"B\"")),
                ("ANALYZE t;\n", None),
                ("ANALYZE u\n", None)
            ]
        );
    }

    #[test]
    fn the_body_of_a_function_is_not_split() {
        let function = "CREATE FUNCTION a() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n    RETURN 1;\nEND $$;\n";
        let file = format!("-- runledger: no transaction\n{function}ANALYZE t;\n").leak();
        let statements = Migration::new("0001_a", file).statements();
        let seen: Vec<_> = statements.iter().map(|each| each.sql.as_str()).collect();
        assert_eq!(seen, [function, "ANALYZE t;\n"]);
    }

    #[test]
    fn a_file_is_a_transaction_unless_its_first_line_says_otherwise() {
        assert!(Migration::new("0001_a", "-- Something else\nSELECT 1;").is_transactional());
        assert!(Migration::new("0001_a", "").is_transactional());
        assert!(!Migration::new("0001_a", "-- runledger: no transaction\r\nSELECT 1;").is_transactional());
    }

    #[test]
    fn the_name_of_a_concurrent_index_is_found() {
        for (sql, name) in [
            (
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS \"A_b_idx\"\n    ON \"A\" (b);",
                Some("\"A_b_idx\""),
            ),
            ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON t (a);", Some("a")),
            ("CREATE INDEX a ON t (a);", None),
            ("ANALYZE t;", None),
        ] {
            let statement = Statement {
                sql: sql.to_owned(),
                unless: None,
            };
            assert_eq!(statement.concurrent_index(), name, "{sql}");
        }
    }
}
