//! The application as a process.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use xtask::servers::{Server, Signal};

use crate::interrupt;
use crate::project::Project;

/// How long it may take to start.
const START: Duration = Duration::from_mins(2);

/// Starts the host, which has `grace` to end; the lines of its standard output, as they come.
pub(crate) fn start(project: &Project, mut host: Command, grace: Duration) -> Result<(Server, Receiver<String>)> {
    host.current_dir(project.root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut host = Server::start(host, Signal::SIGTERM, grace)?;
    let output = host.child().stdout.take().context("the host has no output")?;
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    Ok((host, receiver))
}

/// Starts the host, and waits until it serves; its address.
pub(crate) fn serve(project: &Project, host: Command, grace: Duration) -> Result<(Server, String)> {
    let (host, lines) = start(project, host, grace)?;
    let begun = Instant::now();
    loop {
        interrupt::check()?;
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => return Ok((host, address(&line)?.to_owned())),
            Err(RecvTimeoutError::Timeout) if begun.elapsed() < START => {}
            Err(_) => bail!("the application does not start"),
        }
    }
}

/// The address that its first line tells.
pub(crate) fn address(line: &str) -> Result<&str> {
    line.strip_prefix("Serving ")
        .with_context(|| format!("the host said: {line}"))
}
