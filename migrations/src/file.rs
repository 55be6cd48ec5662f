//! One migration file: its number, checksum and statements.

use sha2::{Digest, Sha256};

/// The first line of a file whose statements cannot run inside a transaction.
const NO_TRANSACTION: &str = "-- runledger: no transaction";

/// The first line of a file whose statements are transactions of their own, each done once: one that locks several of the
/// platform's tables, of which it must never hold one while it waits for another.
const STATEMENT_BY_STATEMENT: &str = "-- runledger: statement by statement";

/// Files of that kind from before there was the line. Applied files are not edited.
const OLD_STATEMENT_BY_STATEMENT: [&str; 4] = [
    PLATFORM_TABLES,
    "0003_terminal_times",
    "0008_events",
    "0009_credits_store_jobs",
];

/// Loops over all of the platform's tables, for what each lacks.
const PLATFORM_TABLES: &str = "0001_platform_tables";

/// Before a statement of a file without a transaction: leave it out where the relation named after this exists.
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

    /// How it is run.
    pub(crate) fn mode(&self) -> Mode {
        match self.sql.lines().next().map(str::trim_end) {
            Some(NO_TRANSACTION) => Mode::NoTransaction,
            Some(STATEMENT_BY_STATEMENT) => Mode::StatementByStatement,
            _ if OLD_STATEMENT_BY_STATEMENT.contains(&self.name) => Mode::StatementByStatement,
            _ => Mode::OneTransaction,
        }
    }

    /// The statements of a file that is not one transaction. Such files are kept simple: comments have lines of their
    /// own, a statement ends with a semicolon at the end of a line, and a function's body stands between two `$$`, or two
    /// `$name$`.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        let mut statements = split(self.sql);
        if self.name == PLATFORM_TABLES {
            for statement in &mut statements {
                // Each turn of a loop looks for what is missing and can be repeated; so each is a transaction.
                let end = "    END LOOP;\nEND $$;";
                statement.sql = statement.sql.replace(end, &format!("        COMMIT;\n{end}"));
            }
            // Columns of a wrong type refuse the database before anything is made in it; missing ones cannot be told yet.
            let unfit = statements
                .iter()
                .find(|statement| statement.sql.contains("LEFT JOIN pg_attribute"));
            let unfit = unfit.map(|statement| statement.sql.replace("LEFT JOIN pg_attribute", "JOIN pg_attribute"));
            statements.splice(0..0, unfit.map(|sql| Statement { sql, unless: None }));
        }
        statements
    }
}

/// How a file is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    OneTransaction,
    /// Each statement is a transaction that also notes that it is done.
    StatementByStatement,
    /// Its statements cannot run inside a transaction; each can be repeated.
    NoTransaction,
}

fn split(sql: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut next = Statement::default();
    // What ends the body that the line stands in.
    let mut body: Option<&str> = None;
    for line in sql.lines().map(str::trim_end) {
        if let Some(relation) = line.strip_prefix(UNLESS) {
            next.unless = Some(relation.trim().to_owned());
        }
        if line.starts_with("--") || (next.sql.is_empty() && line.is_empty()) {
            continue;
        }
        next.sql.push_str(line);
        next.sql.push('\n');
        for quote in dollar_quotes(line) {
            match body {
                None => body = Some(quote),
                Some(begun) if begun == quote => body = None,
                Some(_) => {}
            }
        }
        if line.ends_with(';') && body.is_none() {
            statements.push(std::mem::take(&mut next));
        }
    }
    if !next.sql.is_empty() {
        statements.push(next);
    }
    statements
}

/// The `$$` and `$name$` of a line.
fn dollar_quotes(line: &str) -> Vec<&str> {
    let mut quotes = Vec::new();
    let mut begun: Option<usize> = None;
    for (place, letter) in line.char_indices() {
        match (letter, begun) {
            ('$', Some(start)) => {
                quotes.push(&line[start..=place]);
                begun = None;
            }
            ('$', None) => begun = Some(place),
            // `%1$s` and `$1` are something else.
            (letter, Some(_)) if !letter.is_ascii_alphabetic() && letter != '_' => begun = None,
            _ => {}
        }
    }
    quotes
}

/// One statement of a file that is not one transaction.
#[derive(Debug, Default)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    /// The relation whose presence makes the statement needless, as written in the file.
    pub(crate) unless: Option<String>,
}

impl Statement {
    /// Whether it commits by itself, and so can be repeated and not be part of a transaction.
    pub(crate) fn commits(&self) -> bool {
        self.sql.contains("COMMIT;")
    }

    pub(crate) fn checksum(&self) -> String {
        format!("{:x}", Sha256::digest(&self.sql))
    }

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
        assert_eq!(file.mode(), Mode::NoTransaction);
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
        for (sql, mode) in [
            ("-- Something else\nSELECT 1;", Mode::OneTransaction),
            ("", Mode::OneTransaction),
            ("-- runledger: no transaction\r\nSELECT 1;", Mode::NoTransaction),
            ("-- runledger: statement by statement\n", Mode::StatementByStatement),
        ] {
            assert_eq!(Migration::new("0001_a", sql).mode(), mode, "{sql}");
        }
        assert_eq!(
            Migration::new("0003_terminal_times", "").mode(),
            Mode::StatementByStatement
        );
    }

    #[test]
    fn a_body_inside_a_body_is_not_split() {
        let block =
            "DO $make$\nBEGIN\n    EXECUTE format($create$ AS $$\n    SELECT '%1$s';\n$$\n$create$, 1);\nEND $make$;\n";
        let file = format!("{block}SELECT $1;\nSELECT 2;\n");
        let seen: Vec<_> = split(&file).into_iter().map(|each| each.sql).collect();
        assert_eq!(seen, [block, "SELECT $1;\n", "SELECT 2;\n"]);
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
