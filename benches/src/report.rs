//! What a run found, and how it compares with what is wanted.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use crate::{
    components::Component,
    events::Events,
    load::{Turn, histogram},
    run::Judged,
    scenario::Scenario,
    server::Side,
    wire::Traffic,
};

/// The least share of the baseline's throughput on each scenario.
const LEAST_RATIO: [(&str, f64); 4] = [("reads", 0.45), ("shares", 0.45), ("lives", 0.55), ("nodes", 0.55)];
/// The most statements of a request: one, and a small share of those by which an instance hands over what it has counted.
const MAX_STATEMENTS: f64 = 1.05;
/// The microseconds that an event may not take any more, with Redis and without.
const WOKEN_LIMIT: u64 = 100_000;
const POLLED_LIMIT: u64 = 1_000_000;
/// The fewest bytes that a component may not have any more.
const COMPONENT_LIMIT: u64 = 2_500_000;
/// The microseconds that a cold start may not take any more.
const COLD_START_LIMIT: u64 = 2_000;

/// Everything that a run found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) conditions: Conditions,
    pub(crate) scenarios: Vec<Comparison>,
    pub(crate) events: Vec<Events>,
    pub(crate) components: BTreeMap<String, Component>,
    pub(crate) targets: Vec<Target>,
}

/// What it was found on.
#[derive(Debug, Serialize)]
pub(crate) struct Conditions {
    pub(crate) cpus: usize,
    pub(crate) postgres: String,
    pub(crate) connections: usize,
    pub(crate) rounds: u32,
    pub(crate) seconds: f64,
    pub(crate) warm_up_seconds: f64,
}

/// One scenario on both sides.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    /// `reads`, `shares`, `lives` or `nodes`.
    pub(crate) name: &'static str,
    /// Requests of one of them.
    pub(crate) requests: u64,
    pub(crate) host: Figures,
    pub(crate) baseline: Figures,
    /// The host's throughput as a share of the baseline's: the median of the rounds.
    pub(crate) ratio: f64,
    /// The same in each round.
    pub(crate) ratios: Vec<f64>,
}

/// One scenario on one side.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    /// How often it was done in a second: the median of the rounds.
    pub(crate) per_second: f64,
    /// The same in each round.
    pub(crate) rounds: Vec<f64>,
    /// How long doing it took, in microseconds, over all rounds.
    pub(crate) p50_us: u64,
    /// The same for 99 of 100.
    pub(crate) p99_us: u64,
    /// Processor time of the server for each request, in microseconds; the median of the rounds.
    pub(crate) cpu_us_per_request: Option<f64>,
    /// SQL statements of a request.
    pub(crate) statements_per_request: f64,
    /// Times that a request waits for Postgres.
    pub(crate) round_trips_per_request: f64,
}

/// Something wanted.
#[derive(Debug, Serialize)]
pub(crate) struct Target {
    pub(crate) what: String,
    pub(crate) wanted: String,
    pub(crate) measured: String,
    pub(crate) reached: bool,
}

/// One scenario while it is measured.
pub(crate) struct Measured {
    name: &'static str,
    requests: u64,
    host: Findings,
    baseline: Findings,
}

/// What was found so far on one side.
#[derive(Default)]
struct Findings {
    turns: Vec<Turn>,
    traffic: Traffic,
    /// Requests during which the traffic was counted.
    counted: u64,
}

impl Measured {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self {
            name: scenario.name(),
            requests: scenario.requests(),
            host: Findings::default(),
            baseline: Findings::default(),
        }
    }

    /// Adds what a turn gave.
    pub(crate) fn add(&mut self, side: Side, turn: Turn) {
        self.side(side).turns.push(turn);
    }

    /// Notes what passed on the wire while the scenario was done `times` times.
    pub(crate) fn count(&mut self, side: Side, traffic: Traffic, times: u64) {
        let counted = times * self.requests;
        let side = self.side(side);
        side.traffic = traffic;
        side.counted = counted;
    }

    fn side(&mut self, side: Side) -> &mut Findings {
        match side {
            Side::Host => &mut self.host,
            Side::Baseline => &mut self.baseline,
        }
    }

    fn compare(self) -> Result<Comparison> {
        let turns = self.host.turns.iter().zip(&self.baseline.turns);
        let ratios: Vec<f64> = turns
            .map(|(host, baseline)| host.per_second / baseline.per_second)
            .collect();
        Ok(Comparison {
            name: self.name,
            requests: self.requests,
            host: self.host.figures()?,
            baseline: self.baseline.figures()?,
            ratio: median(&ratios),
            ratios,
        })
    }
}

impl Findings {
    fn figures(self) -> Result<Figures> {
        let mut latencies = histogram()?;
        for turn in &self.turns {
            latencies.add(&turn.latencies)?;
        }
        let rounds: Vec<f64> = self.turns.iter().map(|turn| turn.per_second).collect();
        let cpu: Vec<f64> = self.turns.iter().filter_map(|turn| turn.cpu_us).collect();
        let per_request = |count: u64| count as f64 / self.counted as f64;
        Ok(Figures {
            per_second: median(&rounds),
            rounds,
            p50_us: latencies.value_at_quantile(0.5),
            p99_us: latencies.value_at_quantile(0.99),
            cpu_us_per_request: (!cpu.is_empty()).then(|| median(&cpu)),
            statements_per_request: per_request(self.traffic.statements),
            round_trips_per_request: per_request(self.traffic.round_trips),
        })
    }
}

impl Report {
    /// Puts together what was found.
    pub(crate) fn new(
        conditions: Conditions,
        measured: impl IntoIterator<Item = Measured>,
        events: Vec<Events>,
        components: BTreeMap<String, Component>,
    ) -> Result<Self> {
        let scenarios: Vec<_> = measured.into_iter().map(Measured::compare).collect::<Result<_>>()?;
        let mut targets = Vec::new();
        for scenario in &scenarios {
            targets.extend(scenario.targets());
        }
        targets.extend(events.iter().map(event_target));
        for (name, component) in &components {
            targets.extend(component_targets(name, component));
        }
        Ok(Self {
            conditions,
            scenarios,
            events,
            components,
            targets,
        })
    }
}

impl Judged for Report {
    fn reached(&self) -> bool {
        self.targets.iter().all(|target| target.reached)
    }
}

impl Comparison {
    fn targets(&self) -> Vec<Target> {
        let Self { name, host, ratio, .. } = self;
        let least = LEAST_RATIO.iter().find(|(scenario, _)| scenario == name);
        let mut targets: Vec<Target> = least
            .map(|(_, least)| Target {
                what: format!("{name}: throughput of the host / of the baseline"),
                wanted: format!("{least} or more"),
                measured: format!("{ratio:.3}"),
                reached: ratio >= least,
            })
            .into_iter()
            .collect();
        let statements = host.statements_per_request;
        targets.push(Target {
            what: format!("{name}: SQL statements of a request"),
            wanted: format!("{MAX_STATEMENTS}"),
            measured: format!("{statements:.2}"),
            reached: statements <= MAX_STATEMENTS,
        });
        targets
    }
}

fn event_target(events: &Events) -> Target {
    let limit = if events.name == "with Redis" {
        WOKEN_LIMIT
    } else {
        POLLED_LIMIT
    };
    let p99 = events.latency.p99_us;
    Target {
        what: format!("events {}: from the answer to the reader (p99)", events.name),
        wanted: format!("below {limit} µs"),
        measured: format!("{p99} µs"),
        reached: p99 < limit,
    }
}

fn component_targets(name: &str, component: &Component) -> [Target; 2] {
    let (wasm_bytes, cold_start) = (component.wasm_bytes, component.cold_start());
    [
        Target {
            what: format!("{name}: bytes of the component"),
            wanted: format!("below {COMPONENT_LIMIT}"),
            measured: wasm_bytes.to_string(),
            reached: wasm_bytes < COMPONENT_LIMIT,
        },
        Target {
            what: format!("{name}: cold start up to the first answer (p50)"),
            wanted: format!("below {COLD_START_LIMIT} µs"),
            measured: format!("{} µs", cold_start.p50_us),
            reached: cold_start.p50_us < COLD_START_LIMIT,
        },
    ]
}

/// The middle one; of two in the middle their mean. 0 when there are none.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.get(middle) {
        None => 0.0,
        Some(upper) if sorted.len() % 2 == 1 => *upper,
        Some(upper) => f64::midpoint(sorted[middle - 1], *upper),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::Percentiles;

    #[test]
    fn the_median_is_the_middle() {
        for (values, middle) in [
            (&[][..], 0.0),
            (&[3.0], 3.0),
            (&[4.0, 1.0], 2.5),
            (&[9.0, 1.0, 2.0], 2.0),
        ] {
            assert!((median(values) - middle).abs() < 1e-9, "{values:?}");
        }
    }

    #[test]
    fn a_limit_itself_is_too_much_for_a_component() {
        let component = |wasm_bytes, p50_us| Component {
            wasm_bytes,
            instantiation: Percentiles { p50_us: 1, p99_us: 1 },
            first_answer: Some(Percentiles { p50_us, p99_us: 9_999 }),
        };
        let reached = |component| component_targets("a", &component).map(|target| target.reached);
        assert_eq!(reached(component(2_499_999, 1_999)), [true, true]);
        assert_eq!(reached(component(2_500_000, 2_000)), [false, false]);
    }
}
