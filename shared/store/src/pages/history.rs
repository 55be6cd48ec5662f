//! What runs came to over time.

use runledger_models::{Id, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Read, predicates::with_predicates};

const HISTORY: &str = include_str!("history.sql");

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Sums over runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
pub struct Sums {
    /// How many there were, in whatever status.
    pub executions: u64,
    /// How many of them are COMPLETED.
    pub completed: u64,
    /// How many of them are FAILED.
    pub failed: u64,
    /// How many of them are TERMINATED.
    pub terminated: u64,
    with_stats: u64,
    /// What they cost, in cents.
    pub cost: f64,
    duration: f64,
    scored: u64,
    score: f64,
}

/// A sum over a number of things, if there are any.
fn mean(sum: f64, count: u64) -> Option<f64> {
    (count > 0).then(|| sum / count as f64)
}

impl Sums {
    /// These and others.
    fn with(self, other: &Self) -> Self {
        Self {
            executions: self.executions + other.executions,
            completed: self.completed + other.completed,
            failed: self.failed + other.failed,
            terminated: self.terminated + other.terminated,
            with_stats: self.with_stats + other.with_stats,
            cost: self.cost + other.cost,
            duration: self.duration + other.duration,
            scored: self.scored + other.scored,
            score: self.score + other.score,
        }
    }

    /// How many have not ended.
    pub const fn unended(&self) -> u64 {
        self.executions
            .saturating_sub(self.completed + self.failed + self.terminated)
    }

    /// The share of those that ended that failed.
    pub fn failed_share(&self) -> Option<f64> {
        mean(self.failed as f64, self.completed + self.failed + self.terminated)
    }

    /// The mean duration of those that have stats, in seconds.
    pub fn mean_duration(&self) -> Option<f64> {
        mean(self.duration, self.with_stats)
    }

    /// The mean cost of those that have stats, in cents.
    pub fn mean_cost(&self) -> Option<f64> {
        mean(self.cost, self.with_stats)
    }

    /// The mean score of those that ended and have one, 0 to 1.
    pub fn mean_score(&self) -> Option<f64> {
        mean(self.score, self.scored)
    }
}

/// Which time, in which steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// When the first one begins.
    pub from: Timestamp,
    /// When the last one ends.
    pub to: Timestamp,
    /// How long each one is, in milliseconds: minutes, hours or days, whole.
    pub step: i64,
}

impl Steps {
    /// Monday, from which steps are counted.
    const ORIGIN: i64 = 946_857_600_000;
    const STEPS: [i64; 13] = [
        MINUTE,
        5 * MINUTE,
        15 * MINUTE,
        30 * MINUTE,
        HOUR,
        2 * HOUR,
        6 * HOUR,
        12 * HOUR,
        DAY,
        7 * DAY,
        28 * DAY,
        91 * DAY,
        364 * DAY,
    ];

    /// The finest steps that cover a time with no more than so many, and one where neither end is whole.
    pub fn covering(from: Timestamp, to: Timestamp, most: i64) -> Self {
        let length = (to.millis() - from.millis()).max(MINUTE);
        let fits = |step: &&i64| length / **step < most;
        let years = 364 * DAY;
        let longer = || (length / most.max(1) / years + 1) * years;
        let step = Self::STEPS.iter().find(fits).copied().unwrap_or_else(longer);
        Self::of(from, to, step)
    }

    /// The steps of a length that cover a time.
    pub fn of(from: Timestamp, to: Timestamp, step: i64) -> Self {
        let floor = |at: i64| at - (at - Self::ORIGIN).rem_euclid(step);
        let whole = |at: i64, or: Timestamp| Timestamp::from_millis(at).unwrap_or(or);
        Self {
            from: whole(floor(from.millis()), from),
            to: whole(floor(to.millis() - 1) + step, to),
            step,
        }
    }

    /// How many whole days they cover.
    pub fn days(&self) -> u32 {
        u32::try_from((self.to.millis() - self.from.millis()) / DAY).unwrap_or(u32::MAX)
    }

    /// When each begins.
    pub fn starts(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let (from, to, step) = (self.from.millis(), self.to.millis(), self.step.max(1));
        let count = (to - from + step - 1) / step;
        (0..count).filter_map(move |place| Timestamp::from_millis(from + place * step))
    }
}

/// What runs came to in one step.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Step {
    /// When it begins, in milliseconds since 1970.
    pub at: i64,
    /// What they came to.
    #[serde(flatten)]
    pub sums: Sums,
}

/// What runs came to over time.
#[derive(Debug, Deserialize)]
pub struct History {
    /// Whether runs from before the rollups are still to be added to them.
    pub is_partial: bool,
    /// Those steps in which there were runs, oldest first.
    pub steps: Vec<Step>,
}

impl History {
    /// What they came to in the step that begins then.
    pub fn at(&self, start: Timestamp) -> Sums {
        let found = self.steps.binary_search_by_key(&start.millis(), |step| step.at);
        found.map(|place| self.steps[place].sums).unwrap_or_default()
    }

    /// What they came to in the steps whose beginning, in milliseconds since 1970, is wanted.
    pub fn sums(&self, is_wanted: impl Fn(i64) -> bool) -> Sums {
        let wanted = self.steps.iter().filter(|step| is_wanted(step.at));
        wanted.fold(Sums::default(), |sum, step| sum.with(&step.sums))
    }
}

#[derive(Serialize)]
struct HistoryArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    graph_id: Option<&'a Id>,
    from: Timestamp,
    to: Timestamp,
    step: i64,
}

/// What the runs of a graph, or of all graphs, came to over time.
pub fn history(scope: &Scope, graph_id: Option<&Id>, steps: Steps) -> Read<History> {
    let user_id = scope.user_id();
    let args = HistoryArgs {
        user_id,
        graph_id,
        from: steps.from,
        to: steps.to,
        step: steps.step,
    };
    let is_of = |unit: i64| steps.step % unit == 0;
    let predicates = [
        (user_id.is_some(), "rollup.user_id = $1 ->> 'user_id'"),
        (graph_id.is_some(), "rollup.graph_id = $1 ->> 'graph_id'"),
        (is_of(DAY), "rollup.grain = 'd'"),
        (is_of(HOUR) && !is_of(DAY), "rollup.grain = 'h'"),
        (!is_of(HOUR), "rollup.grain = 'm'"),
    ];
    Read::new(with_predicates(HISTORY, &predicates), &args)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn steps_are_whole_and_cover_what_is_asked() {
        let steps = |from, to| {
            let Steps { from, to, step } = Steps::covering(at(from), at(to), 48);
            (from.to_string(), to.to_string(), step)
        };
        let expected = |from: &str, to: &str, step| (from.to_owned(), to.to_owned(), step);
        assert_eq!(
            steps("2026-01-02T03:04:05Z", "2026-01-03T03:04:05Z"),
            expected("2026-01-02T03:00:00.000Z", "2026-01-03T04:00:00.000Z", HOUR)
        );
        assert_eq!(
            steps("2026-01-02T03:04:05Z", "2026-01-16T00:00:00Z"),
            expected("2026-01-02T00:00:00.000Z", "2026-01-16T00:00:00.000Z", 12 * HOUR)
        );
        assert_eq!(
            steps("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
            expected("2026-01-02T03:04:00.000Z", "2026-01-02T03:05:00.000Z", MINUTE)
        );
    }

    #[test]
    fn no_range_has_too_many_steps() {
        let all = Steps::covering(at("0000-01-01T00:00:00Z"), at("9999-12-31T00:00:00Z"), 48);
        assert!(all.starts().count() <= 49, "{}", all.starts().count());
        let day = Steps::covering(at("2026-01-02T00:00:00Z"), at("2026-01-03T00:00:00Z"), 48);
        assert_eq!(day.starts().count(), 24);
    }

    #[test]
    fn what_has_not_ended_does_not_count_as_not_failed() {
        let sums = Sums {
            executions: 10,
            completed: 3,
            failed: 1,
            ..Sums::default()
        };
        assert_eq!((sums.unended(), sums.failed_share()), (6, Some(0.25)));
        assert_eq!(Sums::default().mean_score(), None);
    }
}
