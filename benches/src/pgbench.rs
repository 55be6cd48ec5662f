//! `pgbench`: the same SQL without the application around it.

use std::{fs, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;
use url::Url;

use crate::options::Options;

/// Runs a script, kept as `name` in the output folder, with further arguments; what pgbench tells.
pub(crate) async fn run(
    options: &Options,
    database: &Url,
    name: &str,
    script: &str,
    arguments: &[String],
) -> Result<String> {
    let file = options.output.join(name);
    fs::write(&file, script)?;
    let run = Command::new(&options.pgbench)
        .args(["--no-vacuum", "--protocol=prepared"])
        .args(arguments)
        .arg("--file")
        .arg(&file)
        .arg(database.as_str())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("start {}", options.pgbench.display()))?;
    ensure!(
        run.status.success(),
        "pgbench: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    Ok(String::from_utf8_lossy(&run.stdout).into_owned())
}

/// The mean latency that pgbench tells, in milliseconds.
pub(crate) fn latency(output: &str) -> Result<f64> {
    after(output, "latency average = ").context("pgbench told no latency")
}

/// Transactions per second, as pgbench tells them.
pub(crate) fn throughput(output: &str) -> Result<f64> {
    after(output, "tps = ").context("pgbench told no throughput")
}

/// The number after a label.
fn after(output: &str, label: &str) -> Option<f64> {
    let (_, rest) = output.split_once(label)?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latency_is_read_from_pgbench() {
        let output = "number of failed transactions: 0 (0.000%)\nlatency average = 543.210 ms\ntps = 1.8\n";
        assert_eq!(latency(output).ok(), Some(543.21));
        assert_eq!(latency("tps = 1.8").ok(), None);
    }

    #[test]
    fn the_throughput_is_read_from_pgbench() {
        let output = "latency average = 1.2 ms\ntps = 4321.5 (without initial connection time)\n";
        assert_eq!(throughput(output).ok(), Some(4321.5));
        assert_eq!(throughput("nothing").ok(), None);
    }
}
