//! Pages: whether they cost more as there is more history, or as a run has more nodes; what they cost beside the API's answer
//! with the same data; and what pages that are open cost while nothing happens.

use std::{
    fmt,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{
    client::{Caller, Client, page_request, request},
    database::Database,
    history::{Latency, ask, fill},
    options::PagesOptions,
    run::{self, Judged},
    server::{Server, Settings, Side},
    token,
};

/// Pages that are open while nothing happens.
const OPEN: usize = 50;
/// How long it is looked at what they cost.
const IDLE: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(10);

/// A run of the larger ledger's owner with so many nodes, one after the other.
const NODES: &str = "
    WITH run AS (
        INSERT INTO \"AgentGraphExecution\" (id, \"createdAt\", \"startedAt\", \"endedAt\", \"executionStatus\", \"agentGraphId\",
            inputs, \"userId\", stats)
        VALUES ($1, now() - interval '1 hour', now() - interval '1 hour', now(), 'COMPLETED', $2, '{\"city\": \"Ghent\"}', $3,
            jsonb_build_object('cost', 12, 'walltime', 12.5, 'node_count', $4::int))
        RETURNING id
    ), node AS (
        INSERT INTO \"AgentNode\" (id, \"agentBlockId\", \"agentGraphId\", \"agentGraphVersion\")
        SELECT $1 || '-node-' || n, 'a-block', $2, 1 FROM generate_series(0, 9) AS n
        RETURNING id
    )
    INSERT INTO \"AgentNodeExecution\" (id, \"agentGraphExecutionId\", \"agentNodeId\", \"executionStatus\", \"addedTime\",
        \"queuedTime\", \"startedTime\", \"endedTime\")
    SELECT $1 || '-' || n, run.id, $1 || '-node-' || n % 10,
        (CASE WHEN n % 1000 = 7 THEN 'FAILED' ELSE 'COMPLETED' END)::\"AgentExecutionStatus\",
        at, at, at + interval '2 ms', at + interval '30 ms'
    FROM run, (SELECT count(*) FROM node) AS made, generate_series(1, $4::int) AS n
    CROSS JOIN LATERAL (SELECT now() - interval '1 hour' + n * interval '20 ms' AS at) AS times";

#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    /// Runs of the ledger, or nodes of the run.
    size: u32,
    page: Latency,
    api: Latency,
    /// Of the page as HTML.
    bytes: usize,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    rows: Vec<Row>,
    stylesheet_bytes: usize,
    module_bytes: usize,
    /// The share of a processor that open pages take, in percent.
    idle_cpu_percent: Option<f64>,
}

/// Measures everything about pages, prints it, and writes it down.
pub(crate) async fn run(pages: &PagesOptions) -> Result<ExitCode> {
    run::run(&pages.options, "pages.json", async |database: &Database| {
        measure(pages, database).await
    })
    .await
}

async fn measure(pages: &PagesOptions, database: &Database) -> Result<Report> {
    let settings = Settings::new(&pages.options, pages.options.redis_url.clone());
    let mut report = Report::default();
    for size in &pages.runs {
        eprintln!("Making {size} runs");
        fill::fill(database, *size).await?;
    }
    let largest = *pages.runs.iter().max().context("there are ledgers")?;
    let (owner, graph) = (fill::user(largest), fill::graph(largest));
    let session = database.session().await?;
    for nodes in &pages.nodes {
        eprintln!("Making a run of {nodes} nodes");
        let run = format!("run-of-{nodes}");
        let made = session
            .execute(NODES, &[&run, &graph, &owner, &nodes.cast_signed()])
            .await?;
        ensure!(made == u64::from(*nodes), "{made} nodes were made");
    }
    database.settle().await?;

    let server = Server::start(Side::Host, &settings, database.url(), "pages", &[]).await?;
    let mut client = Client::connect(server.address).await?;
    for size in &pages.runs {
        let caller = signed_in(&settings, &fill::user(*size))?;
        eprintln!("Opening pages of {size} runs");
        for (name, page, api) in [
            ("/", "/", "/api/summary"),
            ("/runs", "/runs", "/api/executions?limit=25"),
            ("/graphs", "/graphs", "/api/summary"),
        ] {
            report
                .rows
                .push(look(&mut client, &caller, name, *size, page, api).await?);
        }
    }
    let caller = signed_in(&settings, &owner)?;
    for nodes in &pages.nodes {
        let page = format!("/runs/run-of-{nodes}");
        let api = format!("/api/executions/run-of-{nodes}?include_node_executions=true");
        report
            .rows
            .push(look(&mut client, &caller, "/runs/{id}", *nodes, &page, &api).await?);
    }
    let page = body(&mut client, &page_request(&caller.token, "/runs")).await?;
    for (bytes, before) in [
        (&mut report.stylesheet_bytes, "rel=\"stylesheet\" href=\""),
        (&mut report.module_bytes, "type=\"module\" src=\""),
    ] {
        let path = page.split(before).nth(1).and_then(|rest| rest.split('"').next());
        let path = path.context("the page names its assets")?;
        *bytes = body(&mut client, &page_request(&caller.token, path)).await?.len();
    }
    eprintln!("Leaving {OPEN} pages open for {} s", IDLE.as_secs());
    report.idle_cpu_percent = idle(&server, &caller).await?;
    server.stop().await?;
    Ok(report)
}

fn signed_in(settings: &Settings, user: &str) -> Result<Caller> {
    Ok(Caller {
        token: token::sign(&settings.secret, user, "user")?,
        acting_for: None,
    })
}

async fn body(client: &mut Client, request: &[u8]) -> Result<String> {
    Ok(String::from_utf8(client.expect(request, 200).await?.body.to_vec())?)
}

/// A page beside the API's answer with the same data.
async fn look(
    client: &mut Client,
    caller: &Caller,
    name: &'static str,
    size: u32,
    page: &str,
    api: &str,
) -> Result<Row> {
    let page = page_request(&caller.token, page);
    Ok(Row {
        name,
        size,
        bytes: client.expect(&page, 200).await?.body.len(),
        api: ask(client, &request(caller, "GET", api, None)).await?,
        page: ask(client, &page).await?,
    })
}

/// The share of a processor that open pages take while nothing happens, in percent.
async fn idle(server: &Server, caller: &Caller) -> Result<Option<f64>> {
    let mut streams = Vec::new();
    for _ in 0..OPEN {
        let mut stream = TcpStream::connect(server.address).await?;
        let live = page_request(&caller.token, "/live?graph_exec_id=run-of-nobody");
        stream.write_all(&live).await?;
        let mut begun = Vec::new();
        while !begun.windows(4).any(|window| window == b"id: ") {
            let read = timeout(PATIENCE, stream.read_buf(&mut begun)).await;
            ensure!(read.context("a stream does not begin")?? > 0, "a stream ended");
        }
        streams.push(stream);
    }
    sleep(Duration::from_secs(1)).await;
    let (used, began) = (server.cpu_time(), Instant::now());
    sleep(IDLE).await;
    let cpu = server
        .cpu_time()
        .zip(used)
        .map(|(now, before)| now.saturating_sub(before));
    Ok(cpu.map(|cpu| 100.0 * cpu.as_secs_f64() / began.elapsed().as_secs_f64()))
}

/// Something to stay under.
struct Target {
    what: String,
    value: f64,
    limit: f64,
}

impl Report {
    fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        let mut most = |what: String, value: f64, limit: f64| targets.push(Target { what, value, limit });
        for (name, limit) in [("/", 1.5), ("/runs", 1.5), ("/graphs", 1.5), ("/runs/{id}", 2.0)] {
            let mut rows: Vec<_> = self.rows.iter().filter(|row| row.name == name).collect();
            rows.sort_by_key(|row| row.size);
            let (Some(few), Some(many)) = (rows.first(), rows.last()) else {
                continue;
            };
            let ratio = many.page.p50_ms / few.page.p50_ms;
            most(format!("{name}: {} against {}", many.size, few.size), ratio, limit);
            let beside = rows.iter().map(|row| row.page.p50_ms / row.api.p50_ms);
            most(format!("{name} against the API"), beside.fold(0.0, f64::max), 2.0);
            let bytes = rows.iter().map(|row| row.bytes as f64).fold(0.0, f64::max);
            most(format!("{name}: KB of HTML"), bytes / 1000.0, 300.0);
        }
        most("KB of CSS".to_owned(), self.stylesheet_bytes as f64 / 1000.0, 30.0);
        most("KB of JavaScript".to_owned(), self.module_bytes as f64 / 1000.0, 20.0);
        if let Some(percent) = self.idle_cpu_percent {
            most(format!("% of a core for {OPEN} open pages"), percent, 5.0);
        }
        targets
    }
}

impl Target {
    fn reached(&self) -> bool {
        self.value <= self.limit
    }
}

impl Judged for Report {
    fn reached(&self) -> bool {
        self.targets().iter().all(Target::reached)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<12} {:>10} {:>10} {:>10} {:>10} {:>10}",
            "page", "size", "p50 ms", "p99 ms", "API p50", "bytes"
        )?;
        for Row {
            name,
            size,
            page,
            api,
            bytes,
        } in &self.rows
        {
            writeln!(
                f,
                "{name:<12} {size:>10} {:>10.2} {:>10.2} {:>10.2} {bytes:>10}",
                page.p50_ms, page.p99_ms, api.p50_ms
            )?;
        }
        writeln!(f)?;
        for target in self.targets() {
            let verdict = if target.reached() { "reached" } else { "NOT reached" };
            writeln!(
                f,
                "{:<40} {:>10.2} (to be ≤ {}): {verdict}",
                target.what, target.value, target.limit
            )?;
        }
        Ok(())
    }
}
