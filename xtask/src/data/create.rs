//! Making a world.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use tokio_postgres::Client;

use super::bar;
use crate::interrupt;
use crate::run::step;

const WORLD: &str = include_str!("world.sql");
const EXECUTIONS: &str = include_str!("executions.sql");
const IS_THERE: &str =
    "SELECT EXISTS (SELECT FROM \"AgentGraph\" WHERE id = md5($1::bigint || ' graph 1')::uuid::text)";

/// Executions of one statement, which is one transaction.
const BATCH: i64 = 5_000;

/// How large a world.
#[derive(Debug, Args)]
pub(crate) struct World {
    /// How many users.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i32).range(1..))]
    users: i32,
    /// How many graphs.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..))]
    graphs: i32,
    /// How many executions.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(i64).range(0..))]
    executions: i64,
    /// Another number makes another world, which can be beside the first.
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

/// Makes the world. The database has to be migrated, and this world not there yet.
pub(crate) async fn create(client: &Client, world: &World) -> Result<()> {
    let (seed, begun) = (i64::from(world.seed), Instant::now());
    let there: bool = client
        .query_one(IS_THERE, &[&seed])
        .await
        .context("is the database migrated? (cargo xtask migrate)")?
        .try_get(0)?;
    ensure!(
        !there,
        "the world of seed {seed} is there already: take another seed, or another database"
    );
    // What a crash could take away can be made again.
    client.batch_execute("SET synchronous_commit = off").await?;
    interrupt::listen()?;

    step("Making users, graphs and a store");
    client
        .execute(WORLD, &[&seed, &world.users, &world.graphs])
        .await
        .context("make the world")?;
    step("Making executions");
    let statement = client.prepare(EXECUTIONS).await?;
    let bar = bar(world.executions.cast_unsigned());
    let mut next = 1;
    while next <= world.executions {
        interrupt::check()?;
        let last = (next + BATCH - 1).min(world.executions);
        client
            .execute(&statement, &[&seed, &world.users, &world.graphs, &next, &last])
            .await
            .context("make executions")?;
        bar.inc((last - next + 1).cast_unsigned());
        next = last + 1;
    }
    bar.finish();
    step("Refreshing the views");
    client
        .batch_execute("SELECT refresh_store_materialized_views(); ANALYZE")
        .await?;
    eprintln!("    made in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}
