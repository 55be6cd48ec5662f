//! The report as a person reads it.

use std::fmt::{self, Display, Formatter};

use crate::{
    components::Percentiles,
    report::{Comparison, Figures, Report},
};

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let conditions = &self.conditions;
        writeln!(
            f,
            "\nClosed loop over {} keep-alive connections; {} rounds of {} s on each side in turn; {} CPUs shared by load, \
             server and PostgreSQL {}\n",
            conditions.connections, conditions.rounds, conditions.seconds, conditions.cpus, conditions.postgres
        )?;
        writeln!(
            f,
            "{:<18}{:>10}{:>11}{:>11}{:>14}{:>13}{:>13}",
            "", "per s", "p50", "p99", "CPU/request", "statements", "round trips"
        )?;
        for scenario in &self.scenarios {
            comparison(f, scenario)?;
        }
        writeln!(
            f,
            "\n{:<18}{:>22}{:>16}{:>14}{:>14}",
            "events", "answer to reader", "200 streams", "idle CPU", "lives per s"
        )?;
        for events in &self.events {
            let or_none =
                |value: Option<f64>, unit: &str| value.map_or("-".to_owned(), |value| format!("{value:.1}{unit}"));
            writeln!(
                f,
                "{:<18}{:>22}{:>16}{:>14}{:>14.0}",
                events.name,
                both(events.latency),
                or_none(events.streams_mib, " MiB"),
                or_none(events.idle_cpu_percent, " %"),
                events.lives_per_second
            )?;
        }
        writeln!(
            f,
            "\n{:<18}{:>12}{:>21}{:>21}",
            "component", "bytes", "instance, p50 / p99", "first answer"
        )?;
        for (name, component) in &self.components {
            let first_answer = component.first_answer.map_or_else(|| "-".to_owned(), both);
            let instantiation = both(component.instantiation);
            writeln!(
                f,
                "{name:<18}{:>12}{instantiation:>21}{first_answer:>21}",
                component.wasm_bytes
            )?;
        }
        writeln!(f, "\n{:<52}{:>16}{:>12}", "target", "wanted", "measured")?;
        for target in &self.targets {
            let verdict = if target.reached { "reached" } else { "NOT REACHED" };
            writeln!(
                f,
                "{:<52}{:>16}{:>12}  {verdict}",
                target.what, target.wanted, target.measured
            )?;
        }
        Ok(())
    }
}

fn comparison(f: &mut Formatter<'_>, scenario: &Comparison) -> fmt::Result {
    for (side, figures) in [("host", &scenario.host), ("baseline", &scenario.baseline)] {
        let Figures {
            per_second,
            p50_us,
            p99_us,
            cpu_us_per_request,
            statements_per_request,
            round_trips_per_request,
            ..
        } = figures;
        writeln!(
            f,
            "{:<18}{per_second:>10.0}{:>11}{:>11}{:>14}{statements_per_request:>13.2}{round_trips_per_request:>13.2}",
            format!("{}, {side}", scenario.name),
            time(*p50_us as f64),
            time(*p99_us as f64),
            cpu_us_per_request.map_or_else(|| "-".to_owned(), time),
        )?;
    }
    let ratios: Vec<String> = scenario.ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
    writeln!(
        f,
        "{:<18}{:>10.3}   (rounds: {})",
        "  host / baseline",
        scenario.ratio,
        ratios.join(" ")
    )
}

fn both(Percentiles { p50_us, p99_us }: Percentiles) -> String {
    format!("{} / {}", time(p50_us as f64), time(p99_us as f64))
}

/// Microseconds for a person.
fn time(microseconds: f64) -> String {
    if microseconds < 1000.0 {
        format!("{microseconds:.0} µs")
    } else {
        format!("{:.2} ms", microseconds / 1000.0)
    }
}
