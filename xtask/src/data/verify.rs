//! Comparing what is derived with what is stored.

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio_postgres::Client;

use super::texts;
use crate::run::step;

const PENDING: &str =
    "SELECT 'executions up to ' || counted_to || ' are in the rollups' FROM runledger.rollup_backfill";
const ROLLUPS: &str = include_str!("verify_rollups.sql");
const VIEWS: &str = include_str!("verify_views.sql");
/// The very statement of `GET /api/admin/credits/audit`.
const AUDIT: &str = include_str!("../../../shared/store/src/credits/audit.sql");
const COUNTS: &str = include_str!("counts.sql");
const TOP: &str = include_str!("top.sql");

/// Prints counts, the top five of each view, and every difference; fails if there is one.
pub(crate) async fn verify(client: &Client) -> Result<bool> {
    print_state(client).await?;
    // One snapshot for all of it, so that writers may go on.
    client
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    step("Rollups");
    let mut found = match texts(client, PENDING).await?.first() {
        Some(pending) => {
            println!("  not complete: {pending}; cargo xtask data backfill goes on");
            1
        }
        None => print_differences(client, ROLLUPS).await?,
    };
    step("Views");
    found += print_differences(client, VIEWS).await?;
    step("Credits");
    found += print_credit_faults(client).await?;
    client.batch_execute("ROLLBACK").await?;
    Ok(found == 0)
}

/// Prints what differs from the rows; how much it is.
async fn print_differences(client: &Client, sql: &str) -> Result<usize> {
    let differences = texts(client, sql).await?;
    for difference in &differences {
        println!("  {difference}");
    }
    if differences.is_empty() {
        println!("  as the rows have it");
    }
    Ok(differences.len())
}

/// Prints where balances are not what their transactions come to; how often.
async fn print_credit_faults(client: &Client) -> Result<usize> {
    // Of everybody.
    let audit = AUDIT.replace("$1::jsonb", "$1").replace("$1", "'{}'::jsonb");
    let answer: Value = serde_json::from_str(&texts(client, &audit).await?.concat()).context("read the audit")?;
    let faults = answer["ok"]["faults"]
        .as_array()
        .context("the audit tells its faults")?;
    for fault in faults.iter().take(20) {
        println!(
            "  {} of user {}: {} expected, {} found (transaction {})",
            fault["what"], fault["user_id"], fault["expected"], fault["found"], fault["transaction_key"]
        );
    }
    if faults.is_empty() {
        println!("  as the transactions have it");
    }
    Ok(faults.len())
}

/// Prints how much there is of everything, and the top five of each view.
pub(crate) async fn print_state(client: &Client) -> Result<()> {
    for (title, sql) in [("Counts", COUNTS), ("Most run graphs, best listings", TOP)] {
        step(title);
        for line in texts(client, sql).await? {
            println!("{line}");
        }
    }
    Ok(())
}
