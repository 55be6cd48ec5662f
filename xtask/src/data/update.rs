//! Letting a database live for a while.

use std::fmt::Write as _;
use std::str::FromStr;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use tokio_postgres::Client;

use super::{texts, verify};
use crate::run::step;

const UPDATE: &str = include_str!("update.sql");

const PREPARE: &str = "
    CREATE TEMPORARY TABLE data_range (name text, least integer, most integer) ON COMMIT DROP;
    CREATE TEMPORARY TABLE data_made (what text, count bigint) ON COMMIT DROP;";

/// What a while needs, and who makes it.
const NEEDED: &str = r#"
    SELECT what FROM (VALUES
        (1, 'users', EXISTS (SELECT FROM "User")),
        (2, 'active graphs', EXISTS (SELECT FROM "AgentGraph" WHERE "isActive")),
        (3, 'store listings with an approved version', EXISTS (SELECT FROM "StoreListing" WHERE "hasApprovedVersion"))
    ) AS needed (place, what, is_there)
    WHERE NOT is_there ORDER BY place"#;

const MADE: &str = "SELECT '  ' || rpad(what, 30) || count FROM pg_temp.data_made";

/// How much happens.
#[derive(Debug, Args)]
pub(crate) struct While {
    /// Another number makes another while.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// How many graphs run, at most.
    #[arg(long, default_value_t = 20)]
    graphs: u16,
    /// Executions of each of them.
    #[arg(long, default_value = "5..15", value_name = "LEAST..MOST")]
    executions: Range,
    /// Reviews of each listing, of those users who have not reviewed it.
    #[arg(long, default_value = "2..5", value_name = "LEAST..MOST")]
    reviews: Range,
    /// How many approved versions change, at most.
    #[arg(long, default_value_t = 10)]
    versions: u16,
    /// Categories of each of them.
    #[arg(long, default_value = "2..4", value_name = "LEAST..MOST")]
    categories: Range,
    /// How many users have transactions, at most.
    #[arg(long, default_value_t = 30)]
    users: u16,
    /// Transactions of each of them.
    #[arg(long, default_value = "1..3", value_name = "LEAST..MOST")]
    transactions: Range,
}

/// From the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    least: u16,
    most: u16,
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let number = |text: &str| {
            text.parse()
                .map_err(|_| format!("{text:?} is not a number up to {}", u16::MAX))
        };
        let (least, most) = (number(least)?, number(most)?);
        if least > most {
            return Err(format!("{least} is more than {most}: write the lesser number first"));
        }
        Ok(Self { least, most })
    }
}

/// Adds what happens: all of it, or nothing. Says what it made.
pub(crate) async fn update(client: &Client, much: &While) -> Result<()> {
    let missing = texts(client, NEEDED)
        .await
        .context("is the database migrated? (cargo xtask migrate)")?;
    ensure!(
        missing.is_empty(),
        "there are no {}: make them first (cargo xtask data create)",
        missing.join(", no ")
    );
    step("Updating");
    let script = much.script();
    client
        .batch_execute("BEGIN; SET LOCAL client_min_messages = warning")
        .await
        .context("begin")?;
    client.batch_execute(&script).await.context("update")?;
    let made = texts(client, MADE).await?;
    client.batch_execute("COMMIT").await.context("commit")?;
    for line in made {
        println!("{line}");
    }
    verify::print_state(client).await
}

impl While {
    fn script(&self) -> String {
        let upto = |most| Range { least: 0, most };
        let mut script = PREPARE.to_owned();
        for (name, range) in [
            ("graphs", upto(self.graphs)),
            ("executions", self.executions),
            ("reviews", self.reviews),
            ("versions", upto(self.versions)),
            ("categories", self.categories),
            ("users", upto(self.users)),
            ("transactions", self.transactions),
        ] {
            let Range { least, most } = range;
            // A String takes all that is written to it.
            let _ = writeln!(script, "INSERT INTO data_range VALUES ('{name}', {least}, {most});");
        }
        // What Postgres takes for a seed lies between -1 and 1.
        let seed = f64::from(self.seed % 1_000_003) / 1_000_003.0;
        let _ = writeln!(script, "SELECT setseed({seed});");
        script + UPDATE
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn a_range_is_two_numbers_or_one() {
        assert_eq!("5..15".parse(), Ok(Range { least: 5, most: 15 }));
        assert_eq!("3".parse(), Ok(Range { least: 3, most: 3 }));
        for bad in ["", "..", "5..", "15..5", "-1..2", "a..b", "1..70000"] {
            assert!(bad.parse::<Range>().is_err(), "{bad}");
        }
    }
}
