//! Charts of what runs came to over time, as several pages show them.

use runledger_models::{ExecutionStatus, Timestamp};
use runledger_store::pages::history::{History, Steps, Sums};

use crate::{
    address::Address,
    format::{Count, Dollars, Percentage, Seconds},
    parts::{Brush, Bucket, Chart, Series, Shape},
};

const DAY: i64 = 86_400_000;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// What a step is called: as much of it as tells it from the others.
fn name(start: Timestamp, steps: Steps) -> String {
    let text = start.to_string();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let month = part(5, 7)
        .parse::<usize>()
        .ok()
        .and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    let month = month.copied().unwrap_or_default();
    let day = part(8, 10).trim_start_matches('0');
    if steps.step >= 28 * DAY {
        format!("{month} {}", part(0, 4))
    } else if steps.step >= DAY {
        format!("{day} {month}")
    } else if steps.to.millis() - steps.from.millis() > DAY + DAY / 2 {
        format!("{day} {month} {}", part(11, 16))
    } else {
        part(11, 16).to_owned()
    }
}

fn buckets(steps: Steps, runs: &Address) -> Vec<Bucket> {
    let starts = steps.starts().map(|start| Bucket {
        name: name(start, steps),
        href: {
            let end = Timestamp::from_millis(start.millis() + steps.step).unwrap_or(steps.to);
            runs.clone().within(start, end).to_string()
        },
    });
    starts.collect()
}

fn values(history: &History, steps: Steps, value: impl Fn(Sums) -> Option<f64>) -> Vec<Option<f64>> {
    steps.starts().map(|start| value(history.at(start))).collect()
}

/// A series of bars: its name, its class, what narrows a list to it, and its value.
type Stacked = (&'static str, &'static str, &'static str, fn(Sums) -> u64);

/// The statuses, what is wrong first: it stands on the axis.
const STACKED: [Stacked; 4] = [
    ("Failed", "failed", "&statuses=FAILED", |sums| sums.failed),
    ("Stopped", "stopped", "&statuses=TERMINATED", |sums| sums.terminated),
    ("Done", "done", "&statuses=COMPLETED", |sums| sums.completed),
    (
        "Not ended",
        "running",
        "&statuses=INCOMPLETE,QUEUED,RUNNING,REVIEW",
        |sums| sums.unended(),
    ),
];

/// Which series statuses are in; `None` where sums do not tell them from others.
fn stacked_of(statuses: Option<&[ExecutionStatus]>) -> Option<Vec<Stacked>> {
    let Some(statuses) = statuses else {
        return Some(STACKED.to_vec());
    };
    let unended = ExecutionStatus::ALL.into_iter().filter(|status| !status.is_terminal());
    let unended: Vec<_> = unended.map(|status| statuses.contains(&status)).collect();
    let has_all = unended.iter().all(|is_asked| *is_asked);
    if unended.contains(&true) && !has_all {
        return None;
    }
    let asked = |class: &str| match class {
        "failed" => statuses.contains(&ExecutionStatus::Failed),
        "stopped" => statuses.contains(&ExecutionStatus::Terminated),
        "done" => statuses.contains(&ExecutionStatus::Completed),
        _ => has_all,
    };
    Some(STACKED.into_iter().filter(|(_, class, _, _)| asked(class)).collect())
}

/// Runs by status over time; of some statuses alone, where sums tell those from others. `runs` is the list of those that are
/// counted, without the bounds of a time.
pub(crate) fn by_status(
    id: &'static str,
    history: &History,
    steps: Steps,
    runs: &Address,
    statuses: Option<&[ExecutionStatus]>,
) -> Option<Chart> {
    let series = stacked_of(statuses)?
        .into_iter()
        .map(|(name, class, narrowed, value)| Series {
            name,
            class,
            narrowed: if statuses.is_none() { narrowed } else { "" },
            values: values(history, steps, |sums| Some(value(sums) as f64)),
        });
    Some(Chart {
        id,
        label: "Runs by status".to_owned(),
        shape: Shape::Bars,
        buckets: buckets(steps, runs),
        // What did not happen at all needs no colour.
        series: series
            .filter(|series| series.values.iter().flatten().any(|value| *value > 0.0))
            .collect(),
        told: |value| Count(value as u64).to_string(),
        most: None,
        is_whole: true,
        brush: Some(Brush {
            href: runs.open(),
            from: steps.from,
            step: steps.step,
        }),
    })
}

/// Something of the runs of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// How many of those that ended did not fail.
    Success,
    /// How they were scored.
    Score,
    /// What one cost.
    Cost,
    /// How long one took.
    Duration,
}

/// A line of one measure over time.
pub(crate) fn line(measure: Measure, history: &History, steps: Steps, runs: &Address) -> Chart {
    type Told = fn(f64) -> String;
    let share: Told = |value| Percentage(value).to_string();
    let (id, name, told, most, value): (_, _, Told, _, fn(Sums) -> Option<f64>) = match measure {
        Measure::Success => ("success-by-day", "Did not fail", share, Some(1.0), |sums| {
            sums.failed_share().map(|failed| 1.0 - failed)
        }),
        Measure::Score => ("score-by-day", "Average score", share, Some(1.0), |sums| {
            sums.mean_score()
        }),
        Measure::Cost => (
            "cost-by-day",
            "Average cost",
            |cents| Dollars(cents.round() as i64).to_string(),
            None,
            |sums| sums.mean_cost(),
        ),
        Measure::Duration => (
            "duration-by-day",
            "Average duration",
            |seconds| Seconds(seconds).to_string(),
            None,
            |sums| sums.mean_duration(),
        ),
    };
    Chart {
        id,
        label: name.to_owned(),
        shape: Shape::Lines,
        buckets: buckets(steps, runs),
        series: vec![Series {
            name,
            class: "accent",
            narrowed: "",
            values: values(history, steps, value),
        }],
        told,
        most,
        is_whole: matches!(measure, Measure::Cost),
        brush: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_called_by_what_tells_it_from_the_others() {
        let from = Timestamp::parse("2026-01-02T03:00:00Z").unwrap();
        let steps = |to: &str, step| Steps::of(from, Timestamp::parse(to).unwrap(), step);
        assert_eq!(name(from, steps("2026-01-03T03:00:00Z", DAY / 24)), "03:00");
        assert_eq!(name(from, steps("2026-01-09T03:00:00Z", DAY / 4)), "2 Jan 03:00");
        assert_eq!(name(from, steps("2026-02-02T03:00:00Z", DAY)), "2 Jan");
        assert_eq!(name(from, steps("2028-01-02T03:00:00Z", 28 * DAY)), "Jan 2026");
    }

    #[test]
    fn statuses_that_sums_do_not_tell_apart_are_not_drawn() {
        use ExecutionStatus::{Failed, Incomplete, Queued, Review, Running};
        let classes = |statuses: &[ExecutionStatus]| {
            let stacked = stacked_of(Some(statuses))?;
            Some(stacked.into_iter().map(|(_, class, ..)| class).collect::<Vec<_>>())
        };
        assert_eq!(classes(&[Failed]), Some(vec!["failed"]));
        assert_eq!(classes(&[Failed, Running]), None);
        assert_eq!(classes(&[Incomplete, Queued, Running, Review]), Some(vec!["running"]));
    }
}
