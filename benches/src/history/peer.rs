//! The peer: a Python service that fetches the rows and adds up in its process.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Serialize;
use serde_json::Value;
use tokio::{net::TcpListener, process::Command, time::sleep};
use url::Url;

use crate::{
    client::{Caller, Client, request},
    options::Options,
};

/// What the peer needed.
#[derive(Debug, Serialize)]
pub(super) struct Peer {
    /// The quicker of two answers, in milliseconds.
    pub(super) ms: f64,
    /// The most memory that it had, in mebibytes, where the system tells (Linux).
    pub(super) memory_mib: Option<u64>,
}

/// Installs the peer, starts it, and asks it for the summary that the application gave as `ours`.
pub(super) async fn measure(options: &Options, database: &Url, user: &str, ours: &Value) -> Result<Peer> {
    let python = install(&options.output.join("peer")).await?;
    let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let mut child = Command::new(python)
        .arg(folder().join("peer.py"))
        .env("PEER_DATABASE_URL", database.as_str())
        .env("PEER_PORT", port.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("start the peer")?;
    let mut client = connect(port).await?;
    let nobody = Caller {
        token: String::new(),
        acting_for: None,
    };
    let path = format!("/summary?user_id={user}&start_time=2000-01-01T00:00:00Z&end_time=2100-01-01T00:00:00Z");
    let question = request(&nobody, "GET", &path, None);
    let mut quickest = f64::INFINITY;
    for _ in 0..2 {
        let begun = Instant::now();
        let theirs: Value = serde_json::from_slice(client.expect(&question, 200).await?.body)?;
        quickest = quickest.min(begun.elapsed().as_secs_f64() * 1000.0);
        for same in ["total_executions", "successful_runs", "failed_runs", "most_used_agent"] {
            ensure!(
                theirs[same] == ours[same],
                "the peer's {same} is {}, not {}",
                theirs[same],
                ours[same]
            );
        }
    }
    let memory_mib = child.id().and_then(most_memory);
    child.kill().await?;
    Ok(Peer {
        ms: quickest,
        memory_mib,
    })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peer")
}

/// The Python of an environment that has what the peer needs; made once.
async fn install(environment: &Path) -> Result<PathBuf> {
    let python = environment.join("bin/python");
    if !environment.join("complete").exists() {
        let requirements = folder().join("requirements.txt");
        let mut make = Command::new("python3");
        succeed(make.args(["-m", "venv"]).arg(environment)).await?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        succeed(pip.arg(requirements)).await?;
        fs::write(environment.join("complete"), "")?;
    }
    Ok(python)
}

async fn succeed(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().await;
    let status = status.context("the peer needs python3 with venv")?;
    ensure!(status.success(), "the peer could not be installed");
    Ok(())
}

async fn connect(port: u16) -> Result<Client> {
    for _ in 0..200 {
        if let Ok(client) = Client::connect(([127, 0, 0, 1], port).into()).await {
            return Ok(client);
        }
        sleep(Duration::from_millis(100)).await;
    }
    bail!("the peer does not serve")
}

/// The most memory that a process ever had.
fn most_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
