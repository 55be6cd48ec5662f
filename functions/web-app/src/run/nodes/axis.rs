//! The axis of time that all rows share: which part of the run it shows, its ticks, and where a moment stands on it.

/// How many units of length the axis has.
pub(super) const LENGTH: f64 = 1000.0;

/// The distances that ticks may have, in milliseconds.
const STEPS: [f64; 36] = [
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
    50.0,
    100.0,
    200.0,
    500.0,
    1e3,
    2e3,
    5e3,
    10e3,
    15e3,
    30e3,
    60e3,
    120e3,
    300e3,
    600e3,
    900e3,
    1800e3,
    3600e3,
    7200e3,
    10_800e3,
    21_600e3,
    43_200e3,
    86_400e3,
    172_800e3,
    432_000e3,
    864_000e3,
    1_728_000e3,
    4_320_000e3,
    8_640_000e3,
    43_200_000e3,
    86_400_000e3,
    864_000_000e3,
];
const MOST_TICKS: f64 = 4.0;

/// A span of time in milliseconds since the run's start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    /// Where it begins.
    pub(super) from: f64,
    /// Where it ends, later than it begins.
    pub(super) to: f64,
}

/// A mark on the axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Where it stands, of [`LENGTH`].
    pub(super) x: f64,
    /// What it says.
    pub(super) label: String,
}

impl Tick {
    /// Where it stands, in percent.
    pub(super) fn percent(&self) -> f64 {
        self.x * 100.0 / LENGTH
    }

    /// Whether its label would not fit before the end.
    pub(super) fn is_last(&self) -> bool {
        self.x > LENGTH * 0.92
    }
}

impl Axis {
    /// From one moment to another one, at least a millisecond later.
    pub(super) fn new(from: f64, to: f64) -> Self {
        let from = if from.is_finite() { from.max(0.0).floor() } else { 0.0 };
        let to = if to.is_finite() { to.ceil() } else { from };
        Self {
            from,
            to: to.max(from + 1.0),
        }
    }

    /// How long it is.
    pub(super) const fn span(self) -> f64 {
        self.to - self.from
    }

    /// Where it begins, in words.
    pub(super) fn begin(self) -> String {
        label(self.from, self.span() / 100.0)
    }

    /// Where it ends, in words.
    pub(super) fn end(self) -> String {
        label(self.to, self.span() / 100.0)
    }

    /// Where a moment stands, as a whole number of [`LENGTH`]; at an end where it is beyond it.
    pub(super) fn place(self, at: f64) -> u32 {
        ((at - self.from) / self.span() * LENGTH).round().clamp(0.0, LENGTH) as u32
    }

    /// Whether something that lasted from one moment to another one is seen.
    pub(super) fn shows(self, from: f64, to: f64) -> bool {
        from <= self.to && to >= self.from
    }

    /// A part of it around its middle, or more than it, within another one.
    pub(super) fn scaled(self, factor: f64, within: Self) -> Self {
        let middle = f64::midpoint(self.from, self.to);
        let half = (self.span() * factor / 2.0).max(0.5);
        Self::new((middle - half).max(within.from), (middle + half).min(within.to))
    }

    /// As long, and so much of its length later, within another one.
    pub(super) fn moved(self, share: f64, within: Self) -> Self {
        let by = (self.span() * share).clamp(
            within.from - self.from,
            (within.to - self.to).max(within.from - self.from),
        );
        Self::new(self.from + by, self.to + by)
    }

    /// Its ticks: at most a handful, at round numbers.
    pub(super) fn ticks(self) -> Vec<Tick> {
        let step = STEPS.iter().copied().find(|step| self.span() / step <= MOST_TICKS);
        let step = step.unwrap_or(self.span() / MOST_TICKS);
        let first = (self.from / step).ceil();
        let ticks = (0..=MOST_TICKS as u32 + 1).map(|number| (first + f64::from(number)) * step);
        ticks
            .take_while(|at| *at <= self.to)
            .map(|at| Tick {
                x: ((at - self.from) / self.span() * LENGTH).round(),
                label: label(at, step),
            })
            .collect()
    }
}

/// A moment as a tick says it, no finer than the ticks are.
fn label(at: f64, step: f64) -> String {
    let at = at.max(0.0);
    if step < 1000.0 && at < 1000.0 {
        return format!("{at:.0} ms");
    }
    let decimals = match step {
        step if step >= 1000.0 => 0,
        step if step >= 100.0 => 1,
        step if step >= 10.0 => 2,
        _ => 3,
    };
    let whole = (at / 1000.0 + 1e-6) as u64;
    let (days, hours, minutes) = (whole / 86_400, whole % 86_400 / 3600, whole % 3600 / 60);
    let seconds = at / 1000.0 - (whole / 60 * 60) as f64;
    let width = if decimals == 0 { 2 } else { decimals + 3 };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds:.decimals$} s"),
        (0, 0, _) if step >= 60e3 => format!("{minutes} m"),
        (0, 0, _) => format!("{minutes} m {seconds:0width$.decimals$} s"),
        (0, _, _) if step >= 60e3 => format!("{hours} h {minutes:02} m"),
        (0, _, _) => format!("{hours} h {minutes:02} m {seconds:0width$.decimals$} s"),
        _ if step >= 3600e3 => format!("{days} d {hours} h"),
        _ => format!("{days} d {hours} h {minutes:02} m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_at_round_numbers() {
        for (from, to, expected) in [
            (0.0, 5.0, "0 ms|2 ms|4 ms"),
            (0.0, 1800.0, "0 ms|500 ms|1.0 s|1.5 s"),
            (0.0, 72_000.0, "0 s|30 s|1 m 00 s"),
            (
                2_000_000.0,
                2_040_000.0,
                "33 m 20 s|33 m 30 s|33 m 40 s|33 m 50 s|34 m 00 s",
            ),
            (0.0, 9_000_000.0, "0 s|1 h 00 m|2 h 00 m"),
        ] {
            let labels: Vec<_> = Axis::new(from, to).ticks().into_iter().map(|tick| tick.label).collect();
            assert_eq!(labels.join("|"), expected);
        }
    }

    #[test]
    fn an_axis_has_a_length_whatever_it_is_made_of() {
        for (from, to) in [
            (0.0, 0.0),
            (5.0, 1.0),
            (f64::NAN, f64::NAN),
            (0.0, f64::INFINITY),
            (1e15, 2e15),
        ] {
            let axis = Axis::new(from, to);
            assert!(axis.span() >= 1.0 && axis.ticks().len() <= 8, "{axis:?}");
            assert!(axis.place(f64::NEG_INFINITY) == 0 && axis.place(f64::INFINITY) == 1000);
            assert!(axis.ticks().iter().all(|tick| (0.0..=LENGTH).contains(&tick.x)));
        }
    }

    #[test]
    fn zooming_stays_within_the_run() {
        let whole = Axis::new(0.0, 1000.0);
        let part = whole.scaled(0.5, whole);
        assert_eq!(part, Axis::new(250.0, 750.0));
        assert_eq!(part.moved(0.5, whole), Axis::new(500.0, 1000.0));
        assert_eq!(part.moved(9.0, whole), Axis::new(500.0, 1000.0));
        assert_eq!(part.moved(-9.0, whole), Axis::new(0.0, 500.0));
        assert_eq!(part.scaled(2.0, whole), whole);
    }
}
