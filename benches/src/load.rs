//! The load: a closed loop, in which each connection sends its next request when the last one is answered.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use tokio::{task::JoinSet, time::sleep_until};

use crate::{
    client::Client,
    scenario::{Random, Scenario},
    server::Server,
};

/// The longest time that a histogram tells apart, in microseconds.
const LONGEST: u64 = 60_000_000;

/// How a turn is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Connections.
    pub(crate) connections: usize,
    /// How long it goes on before it is measured.
    pub(crate) warm_up: Duration,
    /// How long it is measured.
    pub(crate) measured: Duration,
}

/// What a turn gave.
pub(crate) struct Turn {
    /// How often the scenario was done, per second.
    pub(crate) per_second: f64,
    /// How long doing it took, in microseconds.
    pub(crate) latencies: Histogram<u64>,
    /// Processor time of the server for each request, in microseconds.
    pub(crate) cpu_us: Option<f64>,
}

/// Lets `scenario` happen on `server` again and again.
pub(crate) async fn turn(load: Load, scenario: &Arc<Scenario>, server: &Server) -> Result<Turn> {
    let mut clients = Vec::new();
    for _ in 0..load.connections {
        clients.push(Client::connect(server.address).await?);
    }
    let begin = Instant::now() + load.warm_up;
    let end = begin + load.measured;
    let mut loops = JoinSet::new();
    for (seed, client) in (0_u64..).zip(clients) {
        loops.spawn(repeat(client, Arc::clone(scenario), Random::new(seed), begin, end));
    }

    sleep_until(begin.into()).await;
    let before = server.cpu_time();
    sleep_until(end.into()).await;
    let after = server.cpu_time();

    let mut latencies = histogram()?;
    while let Some(finished) = loops.join_next().await {
        latencies.add(finished??)?;
    }
    let done = latencies.len();
    let requests = (done * scenario.requests()) as f64;
    let cpu_us = before
        .zip(after)
        .map(|(before, after)| after.saturating_sub(before).as_micros() as f64 / requests);
    Ok(Turn {
        per_second: done as f64 / load.measured.as_secs_f64(),
        latencies,
        cpu_us,
    })
}

/// Does `scenario` `times` times, one after another.
pub(crate) async fn times(times: u64, scenario: &Scenario, server: &Server) -> Result<()> {
    let mut client = Client::connect(server.address).await?;
    let mut random = Random::new(0);
    for _ in 0..times {
        scenario.once(&mut client, &mut random).await?;
    }
    Ok(())
}

/// A histogram of microseconds, exact to three digits.
pub(crate) fn histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, LONGEST, 3).context("the bounds of a histogram are fixed")
}

/// Latencies of what ended between `begin` and `end`.
async fn repeat(
    mut client: Client,
    scenario: Arc<Scenario>,
    mut random: Random,
    begin: Instant,
    end: Instant,
) -> Result<Histogram<u64>> {
    let mut latencies = histogram()?;
    let mut started = Instant::now();
    while started < end {
        scenario.once(&mut client, &mut random).await?;
        let ended = Instant::now();
        if (begin..end).contains(&ended) {
            latencies.saturating_record((ended - started).as_micros() as u64);
        }
        started = ended;
    }
    Ok(latencies)
}
