//! History: whether asking about it costs more as there is more of it. Three users have 1 thousand, 100 thousand and 1
//! million executions of one graph each, over 90 days; each is asked the same. Beside it the summary of a Python peer that
//! fetches the rows, and of a plain SQL aggregate; and what the triggers that keep the rollups cost writers.

pub(crate) mod fill;
mod peer;
mod report;
mod writers;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    client::{Caller, Client, request},
    database::Database,
    load::histogram,
    options::Options,
    run,
    server::{Server, Settings, Side},
    token,
};

pub(crate) use report::Latency;
use report::Report;

/// The days that executions are spread over.
pub(super) const DAYS: u32 = 90;
/// How often each question is asked before it is measured, and while it is.
const WARM_UP: u32 = 10;
const ASKED: u32 = 300;
/// How long one question is asked at most.
const LONGEST: Duration = Duration::from_secs(10);
/// The page that a reader by cursor is on at last.
const LAST_PAGE: u32 = 1_000;

/// Measures everything about history, prints it, and writes it down.
pub(crate) async fn run(options: &Options, sizes: &[u32]) -> Result<ExitCode> {
    run::run(options, "history.json", async |database: &Database| {
        measure(options, database, sizes).await
    })
    .await
}

async fn measure(options: &Options, database: &Database, sizes: &[u32]) -> Result<Report> {
    let settings = Settings::new(options, None);
    let mut report = Report::default();
    for size in sizes {
        eprintln!("Making {size} executions");
        let begun = Instant::now();
        fill::fill(database, *size).await?;
        eprintln!("    {:.1} s", begun.elapsed().as_secs_f64());
    }
    database.settle().await?;

    let server = Server::start(Side::Host, &settings, database.url(), "history", &[]).await?;
    let mut client = Client::connect(server.address).await?;
    let admin = Caller {
        token: token::sign(&settings.secret, "bench-admin", "admin")?,
        acting_for: None,
    };
    for size in sizes {
        let user = fill::user(*size);
        let owner = Caller {
            token: token::sign(&settings.secret, &user, "user")?,
            acting_for: None,
        };
        eprintln!("Asking about {size} executions");
        let graph = fill::graph(*size);
        let last = cursor(&mut client, &owner, *size).await?;
        for (name, caller, path) in [
            ("summary, all time", &owner, ALL_TIME.to_owned()),
            ("summary, a ragged month", &owner, fill::ragged_month()),
            (
                "trends over 90 days",
                &admin,
                format!(
                    "/api/executions/admin/execution_accuracy_trends?graph_id={graph}&days_back={DAYS}&\
                     include_historical=true"
                ),
            ),
            ("list, page 1", &owner, "/api/executions?limit=25".to_owned()),
            (
                "list, last page by cursor",
                &owner,
                format!("/api/executions?limit=25&cursor={last}"),
            ),
            ("count", &owner, "/api/executions/count".to_owned()),
        ] {
            let latency = ask(&mut client, &request(caller, "GET", &path, None)).await?;
            report.add(name, *size, latency);
        }
    }
    if let Some(largest) = sizes.iter().max() {
        let user = fill::user(*largest);
        let owner = Caller {
            token: token::sign(&settings.secret, &user, "user")?,
            acting_for: None,
        };
        let ours = read(&mut client, &request(&owner, "GET", ALL_TIME, None)).await?;
        eprintln!("Asking the peer about {largest} executions");
        report.peer = Some(peer::measure(options, database.url(), &user, &ours).await?);
        report.sql_ms = Some(fill::aggregate(options, database.url(), &user).await?);
        report.largest = *largest;
    }
    server.stop().await?;
    eprintln!("Measuring writers with and without the triggers");
    report.writers = Some(writers::measure(options, &settings, database).await?);
    Ok(report)
}

/// All time, and more.
pub(super) const ALL_TIME: &str = "/api/summary?start_time=2000-01-01T00:00:00Z&end_time=2100-01-01T00:00:00Z";

async fn read(client: &mut Client, request: &[u8]) -> Result<Value> {
    Ok(serde_json::from_slice(client.expect(request, 200).await?.body)?)
}

/// Where the last page begins of those that a reader by cursor goes through.
async fn cursor(client: &mut Client, owner: &Caller, size: u32) -> Result<String> {
    let pages = LAST_PAGE.min(size / 25) - 1;
    let mut cursor = String::new();
    for _ in 0..pages {
        let path = if cursor.is_empty() {
            "/api/executions?limit=25".to_owned()
        } else {
            format!("/api/executions?limit=25&cursor={cursor}")
        };
        let page = read(client, &request(owner, "GET", &path, None)).await?;
        page["next_cursor"]
            .as_str()
            .context("there are more pages")?
            .clone_into(&mut cursor);
    }
    ensure!(!cursor.is_empty(), "too few executions for pages");
    Ok(cursor)
}

/// The latency of a request that is sent again and again on one connection.
pub(crate) async fn ask(client: &mut Client, request: &[u8]) -> Result<Latency> {
    let mut latencies = histogram()?;
    for _ in 0..WARM_UP {
        client.expect(request, 200).await?;
    }
    let end = Instant::now() + LONGEST;
    for _ in 0..ASKED {
        let begun = Instant::now();
        client.expect(request, 200).await?;
        latencies.saturating_record(begun.elapsed().as_micros() as u64);
        if Instant::now() > end {
            break;
        }
    }
    let ms = |quantile| latencies.value_at_quantile(quantile) as f64 / 1000.0;
    Ok(Latency {
        p50_ms: ms(0.5),
        p99_ms: ms(0.99),
    })
}
