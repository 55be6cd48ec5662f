//! What was measured about history, and whether it is good enough.

use std::fmt;

use serde::Serialize;

use crate::run::Judged;

use super::{peer::Peer, writers::Writers};

/// The latency of a question.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    executions: u32,
    latency: Latency,
}

/// Everything about history.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    rows: Vec<Row>,
    /// How many executions the peer and the aggregate were asked about.
    pub(super) largest: u32,
    pub(super) peer: Option<Peer>,
    pub(super) sql_ms: Option<f64>,
    pub(super) writers: Option<Writers>,
}

/// Something to reach.
struct Target {
    what: String,
    value: f64,
    limit: f64,
    /// Whether more is better.
    at_least: bool,
}

impl Target {
    fn reached(&self) -> bool {
        if self.at_least {
            self.value >= self.limit
        } else {
            self.value <= self.limit
        }
    }
}

impl Report {
    pub(super) fn add(&mut self, name: &'static str, executions: u32, latency: Latency) {
        self.rows.push(Row {
            name,
            executions,
            latency,
        });
    }

    /// The latencies of a question, by the number of executions.
    fn of(&self, name: &str) -> Vec<(u32, f64)> {
        let mut found: Vec<_> = self
            .rows
            .iter()
            .filter(|row| row.name == name)
            .map(|row| (row.executions, row.latency.p50_ms))
            .collect();
        found.sort_by_key(|(executions, _)| *executions);
        found
    }

    fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        let mut most = |what: String, value: f64, limit: f64| {
            targets.push(Target {
                what,
                value,
                limit,
                at_least: false,
            });
        };
        for (name, limit) in [
            ("summary, all time", 1.5),
            ("summary, a ragged month", 1.5),
            ("trends over 90 days", 2.0),
        ] {
            let found = self.of(name);
            if let (Some((few, quick)), Some((many, slow))) = (found.first(), found.last()) {
                most(format!("{name}: {many} against {few}"), slow / quick, limit);
            }
        }
        let (first, last) = (self.of("list, page 1"), self.of("list, last page by cursor"));
        if let (Some((many, first)), Some((_, last))) = (first.last(), last.last()) {
            most(format!("the last page against the first, of {many}"), last / first, 1.2);
        }
        if let (Some(peer), Some((_, ours))) = (&self.peer, self.of("summary, all time").last()) {
            targets.push(Target {
                what: "summary against the peer's".to_owned(),
                value: peer.ms / ours,
                limit: 2000.0,
                at_least: true,
            });
        }
        if let Some(writers) = &self.writers {
            targets.push(Target {
                what: "lives with triggers against lives without".to_owned(),
                value: writers.left(),
                limit: 0.7,
                at_least: true,
            });
        }
        targets
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
            "{:<28} {:>12} {:>10} {:>10}",
            "question", "executions", "p50 ms", "p99 ms"
        )?;
        for row in &self.rows {
            let Latency { p50_ms, p99_ms } = row.latency;
            writeln!(
                f,
                "{:<28} {:>12} {p50_ms:>10.2} {p99_ms:>10.2}",
                row.name, row.executions
            )?;
        }
        if let Some(Peer { ms, memory_mib }) = &self.peer {
            let memory = memory_mib.map_or_else(String::new, |mib| format!(", {mib} MiB of memory"));
            writeln!(f, "\nThe Python peer's summary of {}: {ms:.0} ms{memory}", self.largest)?;
        }
        if let Some(ms) = self.sql_ms {
            writeln!(f, "The plain SQL aggregate of {}: {ms:.0} ms", self.largest)?;
        }
        writeln!(f)?;
        for target in self.targets() {
            let sign = if target.at_least { "≥" } else { "≤" };
            let verdict = if target.reached() { "reached" } else { "NOT reached" };
            writeln!(
                f,
                "{:<52} {:>10.2} (to be {sign} {}): {verdict}",
                target.what, target.value, target.limit
            )?;
        }
        Ok(())
    }
}
