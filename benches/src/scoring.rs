//! Scoring: how close a job comes to the time that its model takes, and what an execution costs the host.

use std::{
    fmt,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::{
    client::{Caller, Client, request},
    database::Database,
    options::Options,
    run::{self, Judged},
    server::{Server, Settings, Side},
    token,
    world::{GRAPH, World},
};

/// Executions of the job, and how many are with the model at once.
const EXECUTIONS: u32 = 500;
const AT_ONCE: u32 = 10;
/// How long the model takes.
const MODEL: Duration = Duration::from_millis(200);
/// How often the job is looked at.
const INTERVAL: Duration = Duration::from_millis(25);
/// The longest that it may take, as a multiple of what it takes at best.
const TARGET: f64 = 1.15;
const PATH: &str = "/api/executions/admin/execution_analytics";

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    executions: u32,
    at_once: u32,
    model_ms: u128,
    /// From the request to the end of the job, in seconds.
    seconds: f64,
    /// What it takes when nothing but the model takes time.
    ideal_seconds: f64,
    /// Processor time of the host for each execution, in microseconds, where the system tells it (Linux).
    cpu_us: Option<u128>,
}

impl Report {
    fn ratio(&self) -> f64 {
        self.seconds / self.ideal_seconds
    }
}

impl Judged for Report {
    fn reached(&self) -> bool {
        self.ratio() <= TARGET
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} executions, {} at once, a model that takes {} ms: {:.2} s, {:.2} s at best",
            self.executions, self.at_once, self.model_ms, self.seconds, self.ideal_seconds
        )?;
        if let Some(cpu) = self.cpu_us {
            writeln!(f, "processor time of the host for each execution: {cpu} µs")?;
        }
        let verdict = if self.reached() { "reached" } else { "NOT reached" };
        writeln!(f, "against the best: {:.3} (to be ≤ {TARGET}): {verdict}", self.ratio())
    }
}

/// Measures a scoring job, prints what was found, and writes it down.
pub(crate) async fn run(options: &Options) -> Result<ExitCode> {
    run::run(options, "scoring.json", async |database: &Database| {
        measure(options, database).await
    })
    .await
}

async fn measure(options: &Options, database: &Database) -> Result<Report> {
    let settings = Settings::new(options, options.redis_url.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(serve_model(listener));
    let variables = [
        format!(
            "llm_providers={}",
            json!({ "openai": { "api_key": "none", "base_url": url } })
        ),
        format!("llm_host={url}"),
    ];
    let arguments: Vec<&str> = variables
        .iter()
        .flat_map(|variable| ["--variable", variable.as_str()])
        .collect();
    let server = Server::start(Side::Host, &settings, database.url(), "scoring", &arguments).await?;
    eprintln!("Filling the database through the API");
    World::build(&settings.secret, server.address).await?;
    let keep = "UPDATE \"AgentGraphExecution\" SET \"isDeleted\" = true WHERE id NOT IN (
        SELECT id FROM \"AgentGraphExecution\" WHERE \"executionStatus\" = 'COMPLETED' ORDER BY id LIMIT $1)";
    let session = database.session().await?;
    session.execute(keep, &[&i64::from(EXECUTIONS)]).await?;
    session
        .execute(
            "UPDATE \"AgentGraphExecution\" SET stats = stats - 'activity_status' - 'correctness_score'",
            &[],
        )
        .await?;
    database.settle().await?;

    let admin = Caller {
        token: token::sign(&settings.secret, "bench-admin", "admin")?,
        acting_for: None,
    };
    let mut client = Client::connect(server.address).await?;
    eprintln!("Scoring a few to warm up");
    score(
        &mut client,
        &admin,
        &json!({ "graph_id": GRAPH, "graph_version": 1, "batch_size": AT_ONCE }),
    )
    .await?;
    eprintln!("Scoring {EXECUTIONS}");
    let cpu = server.cpu_time();
    let begun = Instant::now();
    let again = json!({ "graph_id": GRAPH, "batch_size": AT_ONCE, "skip_existing": false });
    let job = score(&mut client, &admin, &again).await?;
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(job["successful_analytics"] == EXECUTIONS, "not all were scored: {job}");
    let cpu_us = cpu
        .zip(server.cpu_time())
        .map(|(before, after)| after.saturating_sub(before).as_micros() / u128::from(EXECUTIONS));
    server.stop().await?;
    Ok(Report {
        executions: EXECUTIONS,
        at_once: AT_ONCE,
        model_ms: MODEL.as_millis(),
        seconds,
        ideal_seconds: MODEL.as_secs_f64() * f64::from(EXECUTIONS) / f64::from(AT_ONCE),
        cpu_us,
    })
}

/// Has a job done; the job.
async fn score(client: &mut Client, admin: &Caller, body: &Value) -> Result<Value> {
    let text = String::from_utf8(request(admin, "POST", PATH, Some(&body.to_string())))?;
    let text = text.replacen("\r\n", "\r\nPrefer: respond-async\r\n", 1);
    let location = client.expect(text.as_bytes(), 202).await?.location;
    let look = request(admin, "GET", &location.context("a job has a place")?, None);
    loop {
        let job: Value = serde_json::from_slice(client.expect(&look, 200).await?.body)?;
        if job["status"] != "running" {
            return Ok(job);
        }
        sleep(INTERVAL).await;
    }
}

/// A model that answers everything after the same time.
async fn serve_model(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream));
    }
}

async fn answer(mut stream: TcpStream) -> Result<()> {
    let mut bytes = Vec::new();
    let needed = loop {
        ensure!(stream.read_buf(&mut bytes).await? > 0, "the caller went away");
        if let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            break end + 4 + length.unwrap_or(0_usize);
        }
    };
    while bytes.len() < needed {
        ensure!(stream.read_buf(&mut bytes).await? > 0, "the caller went away");
    }
    sleep(MODEL).await;
    let verdict = json!({ "activity_status": "I told the weather.", "correctness_score": 0.9 }).to_string();
    let body = json!({
        "choices": [{ "message": { "content": verdict }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 900, "completion_tokens": 30 },
    })
    .to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await?;
    stream.shutdown().await?;
    Ok(())
}
