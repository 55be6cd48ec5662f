//! Event streams: how long a change takes to a reader's socket, and what open streams cost.

use std::{fs, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Serialize;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use url::Url;

use crate::{
    client::{Client, request},
    components::Percentiles,
    database::Database,
    load::{self, Load},
    scenario::Scenario,
    server::{Server, Settings, Side},
    world::World,
};

/// Streams that are open at once.
const STREAMS: usize = 200;
/// How long an event may take before something is wrong.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was found, with Redis and without.
#[derive(Debug, Serialize)]
pub(crate) struct Events {
    /// `with Redis` or `without Redis`.
    pub(crate) name: &'static str,
    /// From the response to a write, which follows its commit, to the event at the reader's socket.
    pub(crate) latency: Percentiles,
    /// Streams that were open without anything happening.
    pub(crate) streams: usize,
    /// The host's memory for them all.
    pub(crate) streams_mib: Option<f64>,
    /// The host's processor time meanwhile, as a share of one processor.
    pub(crate) idle_cpu_percent: Option<f64>,
    /// How many lives of executions the host records in a second: with Redis each change is published.
    pub(crate) lives_per_second: f64,
}

/// Measures the host on `database`, with and without the Redis server.
pub(crate) async fn measure(
    settings: &Settings,
    database: &Database,
    world: &World,
    redis: Option<&Url>,
    load: Load,
    is_quick: bool,
) -> Result<Vec<Events>> {
    // What was done before is not to be published now.
    database.forget_events().await?;
    let mut found = Vec::new();
    for redis in [redis.cloned(), None] {
        let name = if redis.is_some() { "with Redis" } else { "without Redis" };
        if found.iter().any(|events: &Events| events.name == name) {
            continue;
        }
        let settings = Settings {
            redis,
            ..settings.clone()
        };
        let log = name.replace(' ', "-");
        let server = Server::start(Side::Host, &settings, database.url(), &format!("events-{log}"), &[]).await?;
        let changes = if is_quick { 10 } else { 200 };
        let latency = latency(&server, world, changes).await?;
        let (streams_mib, idle_cpu_percent) = streams(&server, world, if is_quick { 2 } else { 20 }).await?;
        // The streams are closed; the host notices within a second.
        sleep(Duration::from_secs(3)).await;
        let lives = Arc::new(Scenario::lives(world));
        let lives_per_second = load::turn(load, &lives, &server).await?.per_second;
        server.stop().await?;
        found.push(Events {
            name,
            latency,
            streams: STREAMS,
            streams_mib,
            idle_cpu_percent,
            lives_per_second,
        });
    }
    Ok(found)
}

/// A stream whose beginning has come.
async fn open(server: &Server, world: &World) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(server.address).await?;
    stream
        .write_all(&request(&world.owner, "GET", "/api/events", None))
        .await?;
    read_until(&mut stream, b"\n\n\r\n").await?;
    Ok(stream)
}

async fn read_until(stream: &mut TcpStream, end: &[u8]) -> Result<()> {
    let mut text = Vec::new();
    let found = timeout(PATIENCE, async {
        while !text.windows(end.len()).any(|window| window == end) {
            ensure!(
                stream.read_buf(&mut text).await? > 0,
                "a stream ended: {}",
                String::from_utf8_lossy(&text)
            );
        }
        Ok(())
    });
    match found.await {
        Ok(found) => found,
        Err(_) => bail!("an event did not come: {}", String::from_utf8_lossy(&text)),
    }
}

async fn latency(server: &Server, world: &World, changes: u64) -> Result<Percentiles> {
    let mut stream = open(server, world).await?;
    let mut client = Client::connect(server.address).await?;
    let id = world.executions.first().context("there are executions")?;
    let path = format!("/api/executions/{id}");
    let mut taken = Vec::new();
    for change in 0..changes {
        // At any time of a stream's round, which is a little under a second.
        sleep(Duration::from_millis(change * 137 % 950)).await;
        let cost = 1_000_000 + change;
        let body = json!({ "stats": { "cost": cost } }).to_string();
        client
            .expect(&request(&world.executor, "PATCH", &path, Some(&body)), 200)
            .await?;
        let answered = Instant::now();
        read_until(&mut stream, format!("\"cost\":{cost},").as_bytes()).await?;
        taken.push(answered.elapsed().as_micros() as u64);
    }
    taken.sort_unstable();
    let at = |percent: usize| taken[(taken.len() - 1) * percent / 100];
    Ok(Percentiles {
        p50_us: at(50),
        p99_us: at(99),
    })
}

/// The memory of open streams in MiB, and the share of a processor that they take.
async fn streams(server: &Server, world: &World, seconds: u64) -> Result<(Option<f64>, Option<f64>)> {
    let before = server.memory();
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(open(server, world).await?);
    }
    sleep(Duration::from_secs(1)).await;
    let used = server.cpu_time();
    let began = Instant::now();
    sleep(Duration::from_secs(seconds)).await;
    let cpu = server
        .cpu_time()
        .zip(used)
        .map(|(now, before)| now.saturating_sub(before));
    let share = cpu.map(|cpu| 100.0 * cpu.as_secs_f64() / began.elapsed().as_secs_f64());
    let memory = server.memory().zip(before);
    Ok((memory.map(|(now, before)| (now as f64 - before as f64) / 1024.0), share))
}

impl Server {
    /// The memory that it has in use, in KiB, where the system tells (Linux).
    fn memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse().ok()
    }
}
