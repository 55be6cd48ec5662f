//! What a row of the timeline draws: when node runs waited and when they ran, on the axis that all rows share.

use std::fmt::Write;

use runledger_models::ExecutionStatus;
use runledger_store::pages::nodes::Millis;

use super::axis::{Axis, LENGTH};
use crate::parts::StatusChip;

/// The narrowest bar, of [`LENGTH`]: what is shorter is seen all the same.
const NARROWEST: u32 = 2;

/// The classes of bars, those drawn last first: above all others one that failed is seen.
const CLASSES: [&str; 8] = [
    "failed",
    "review",
    "running",
    "stopped",
    "done",
    "incomplete",
    "queued",
    "other",
];

/// When something waited and when it ran, in milliseconds since the run's start.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lane {
    /// The class of its status.
    pub(super) class: &'static str,
    /// From when to when it waited.
    pub(super) waited: Option<(f64, f64)>,
    /// From when to when it ran.
    pub(super) ran: Option<(f64, f64)>,
}

/// What has not ended goes on until here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// The run's start, in milliseconds since 1970.
    pub(super) base: i64,
    /// The run's end, or now, in milliseconds since its start.
    pub(super) end: f64,
}

impl Clock {
    /// A moment since the run's start.
    pub(super) fn since_start(self, Millis(at): Millis) -> Option<f64> {
        at.map(|at| (at - self.base).max(0) as f64)
    }
}

impl Lane {
    /// Of something in this status, which was added, queued, started and ended then.
    pub(super) fn new(clock: Clock, status: &str, times: [Millis; 4]) -> Self {
        let [added, queued, started, ended] = times.map(|time| clock.since_start(time));
        let is_over = ExecutionStatus::parse(status).is_some_and(ExecutionStatus::is_terminal);
        let waits_from = queued.or(added);
        let ended = ended.or((!is_over).then_some(clock.end));
        let ran = started.map(|started| (started, ended.unwrap_or(started).max(started)));
        let waited = waits_from.map(|from| {
            let until = started.or(ended).unwrap_or(from);
            (from.min(until), until)
        });
        Self {
            class: StatusChip(status).class(),
            waited,
            ran,
        }
    }

    /// When it began.
    pub(super) fn start(&self) -> Option<f64> {
        self.waited.or(self.ran).map(|(from, _)| from)
    }

    /// When it ended, or the end of what is known of it.
    pub(super) fn end(&self) -> Option<f64> {
        self.ran.or(self.waited).map(|(_, to)| to)
    }

    /// How long it ran.
    pub(super) fn took(&self) -> f64 {
        self.ran.map_or(0.0, |(from, to)| to - from)
    }

    /// How long it waited.
    pub(super) fn waits(&self) -> f64 {
        self.waited.map_or(0.0, |(from, to)| to - from)
    }

    /// Whether it is seen on this axis.
    pub(super) fn is_on(&self, axis: Axis) -> bool {
        match (self.start(), self.end()) {
            (Some(start), Some(end)) => axis.shows(start, end),
            _ => true,
        }
    }
}

/// The bars of a class in one row, as an SVG path.
#[derive(Debug, PartialEq)]
pub(super) struct Bars {
    /// `wait`, or the class of a status.
    pub(super) class: &'static str,
    /// The path.
    pub(super) path: String,
}

/// The bars of lanes on an axis. Bars of a class that touch are one: a row has no more of them than the axis has room for.
pub(super) fn bars(lanes: &[&Lane], axis: Axis) -> Vec<Bars> {
    let waits = lanes
        .iter()
        .filter_map(|lane| lane.waited)
        .filter(|(from, to)| from < to);
    let mut all = vec![("wait", 10, 4, spans(waits, axis))];
    for class in CLASSES.into_iter().rev() {
        let of_class = lanes.iter().filter(|lane| lane.class == class);
        let (top, height) = if class == "failed" { (3, 18) } else { (7, 10) };
        all.push((class, top, height, spans(of_class.filter_map(|lane| lane.ran), axis)));
    }
    all.retain(|(.., spans)| !spans.is_empty());
    let drawn = |(class, top, height, spans): (_, u32, u32, Vec<(u32, u32)>)| {
        let mut path = String::new();
        for (from, to) in spans {
            let width = to - from;
            // Writing to a text cannot fail.
            let _ = write!(path, "M{from} {top}h{width}v{height}h-{width}z");
        }
        Bars { class, path }
    };
    all.into_iter().map(drawn).collect()
}

/// Where spans of time stand on the axis, those together that touch.
fn spans(times: impl Iterator<Item = (f64, f64)>, axis: Axis) -> Vec<(u32, u32)> {
    let mut placed: Vec<(u32, u32)> = times
        .filter(|(from, to)| axis.shows(*from, *to))
        .map(|(from, to)| {
            let from = axis.place(from).min(LENGTH as u32 - NARROWEST);
            (from, axis.place(to).max(from + NARROWEST))
        })
        .collect();
    placed.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::new();
    for (from, to) in placed {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: Clock = Clock { base: 1000, end: 100.0 };

    fn lane(status: &str, times: [Option<i64>; 4]) -> Lane {
        Lane::new(CLOCK, status, times.map(Millis))
    }

    #[test]
    fn what_has_not_ended_goes_on_until_now() {
        for (status, times, waited, ran) in [
            (
                "COMPLETED",
                [Some(1000), Some(1005), Some(1010), Some(1030)],
                Some((5.0, 10.0)),
                Some((10.0, 30.0)),
            ),
            (
                "RUNNING",
                [Some(1000), None, Some(1010), None],
                Some((0.0, 10.0)),
                Some((10.0, 100.0)),
            ),
            ("QUEUED", [Some(1000), Some(1005), None, None], Some((5.0, 100.0)), None),
            (
                "FAILED",
                [Some(1000), None, Some(1010), None],
                Some((0.0, 10.0)),
                Some((10.0, 10.0)),
            ),
            (
                "TERMINATED",
                [Some(1000), None, None, Some(1020)],
                Some((0.0, 20.0)),
                None,
            ),
            (
                "COMPLETED",
                [Some(900), None, Some(1010), Some(1005)],
                Some((0.0, 10.0)),
                Some((10.0, 10.0)),
            ),
            ("RUNNING", [None; 4], None, None),
        ] {
            let lane = lane(status, times);
            assert_eq!((lane.waited, lane.ran), (waited, ran), "{status}");
        }
    }

    #[test]
    fn bars_that_touch_are_one_and_none_is_too_narrow() {
        let lanes = [
            lane("COMPLETED", [Some(1000), None, Some(1000), Some(1010)]),
            lane("COMPLETED", [Some(1010), None, Some(1010), Some(1020)]),
            lane("FAILED", [Some(1100), None, Some(1100), Some(1100)]),
        ];
        let drawn = bars(&lanes.iter().collect::<Vec<_>>(), Axis::new(0.0, 100.0));
        let drawn: Vec<_> = drawn.iter().map(|bars| (bars.class, bars.path.as_str())).collect();
        assert_eq!(drawn, [("done", "M0 7h200v10h-200z"), ("failed", "M998 3h2v18h-2z")]);
    }
}
