//! Numbers of a range of time beside those of the range before.

use runledger_store::pages::history::Sums;

use crate::{
    address::Address,
    format::{Count, Dollars, Percentage, Seconds},
};

/// The share of failures from which on a graph fails often.
const OFTEN: f64 = 0.1;

/// Sums as tables tell them.
pub(crate) trait ShownSums {
    /// How many runs there were.
    fn runs(&self) -> Count;
    /// The share of those that ended that failed.
    fn failed(&self) -> Option<Percentage>;
    /// Whether that is worth a look.
    fn fails_often(&self) -> bool;
    /// What all of them cost.
    fn total_cost(&self) -> Dollars;
    /// What one cost, on average.
    fn cost_of_one(&self) -> Option<Dollars>;
    /// How long one took, on average.
    fn duration_of_one(&self) -> Option<Seconds>;
    /// How one was scored, on average.
    fn score_of_one(&self) -> Option<Percentage>;
}

impl ShownSums for Sums {
    fn runs(&self) -> Count {
        Count(self.executions)
    }

    fn failed(&self) -> Option<Percentage> {
        self.failed_share().map(Percentage)
    }

    fn fails_often(&self) -> bool {
        self.failed_share().is_some_and(|share| share >= OFTEN)
    }

    fn total_cost(&self) -> Dollars {
        Dollars(self.cost.round() as i64)
    }

    fn cost_of_one(&self) -> Option<Dollars> {
        self.mean_cost().map(|cents| Dollars(cents.round() as i64))
    }

    fn duration_of_one(&self) -> Option<Seconds> {
        self.mean_duration().map(Seconds)
    }

    fn score_of_one(&self) -> Option<Percentage> {
        self.mean_score().map(Percentage)
    }
}

/// A number, and how it changed.
pub(crate) struct Figure {
    /// What it is.
    pub(crate) name: &'static str,
    /// The number.
    pub(crate) value: String,
    /// How it changed, and what it was.
    pub(crate) change: String,
    /// Whether that is for the worse, or for the better: the name of a class.
    pub(crate) class: &'static str,
    /// The runs behind it.
    pub(crate) href: Option<String>,
}

/// What becomes of a number when it rises.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rise {
    Better,
    Worse,
    Neither,
}

/// How a number is compared with what it was.
#[derive(Clone, Copy)]
enum Comparison {
    /// By how many percent it changed.
    Percent,
    /// By how many of a hundred points: it is a share itself.
    Points,
}

fn figure(
    name: &'static str,
    [now, before]: [Option<f64>; 2],
    told: impl Fn(f64) -> String,
    comparison: Comparison,
    rise: Rise,
    href: Option<String>,
) -> Figure {
    let mut class = "";
    let change = match (now, before) {
        (_, None) => "none before".to_owned(),
        (None, Some(before)) => format!("was {}", told(before)),
        (Some(now), Some(before)) => {
            let change = match comparison {
                Comparison::Percent if before == 0.0 => f64::INFINITY * now.signum(),
                Comparison::Percent => (now - before) / before * 100.0,
                Comparison::Points => (now - before) * 100.0,
            };
            if (now - before).abs() < 1e-9 || change.abs() < 0.05 {
                "as before".to_owned()
            } else {
                let rises = now > before;
                class = match rise {
                    Rise::Neither => "",
                    Rise::Better if rises => "better",
                    Rise::Worse if !rises => "better",
                    Rise::Better | Rise::Worse => "worse",
                };
                let sign = if rises { '+' } else { '\u{2212}' };
                let size = change.abs();
                let digits = usize::from(size < 9.95);
                match comparison {
                    _ if !change.is_finite() || size >= 1000.0 => format!("was {}", told(before)),
                    Comparison::Percent => format!("{sign}{size:.digits$} %, was {}", told(before)),
                    Comparison::Points => format!("{sign}{size:.digits$} points, was {}", told(before)),
                }
            }
        }
    };
    Figure {
        name,
        value: now.map_or_else(|| "\u{2013}".to_owned(), told),
        change,
        class,
        href,
    }
}

/// What a range of time came to, beside the one before. `runs` is the list of its runs.
pub(crate) fn figures(now: &Sums, before: &Sums, runs: &Address, shows_scores: bool) -> Vec<Figure> {
    let both = |value: fn(&Sums) -> Option<f64>| [value(now), value(before)];
    let percentage = |share: f64| Percentage(share).to_string();
    let failed = runs.clone().with("statuses", "FAILED").to_string();
    let mut figures = vec![
        figure(
            "Runs",
            both(|sums| Some(sums.executions as f64)),
            |runs| Count(runs as u64).to_string(),
            Comparison::Percent,
            Rise::Neither,
            Some(runs.to_string()),
        ),
        figure(
            "Failed",
            both(Sums::failed_share),
            percentage,
            Comparison::Points,
            Rise::Worse,
            Some(failed),
        ),
        figure(
            "Cost",
            both(|sums| Some(sums.cost)),
            |cents| Dollars(cents.round() as i64).to_string(),
            Comparison::Percent,
            Rise::Neither,
            Some(runs.clone().with("sort", "dearest").to_string()),
        ),
        figure(
            "Average duration",
            both(Sums::mean_duration),
            |seconds| Seconds(seconds).to_string(),
            Comparison::Percent,
            Rise::Worse,
            Some(runs.clone().with("sort", "slowest").to_string()),
        ),
    ];
    if shows_scores {
        figures.push(figure(
            "Average score",
            both(Sums::mean_score),
            percentage,
            Comparison::Points,
            Rise::Better,
            None,
        ));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::{
        Comparison::{Percent, Points},
        *,
    };

    #[test]
    fn a_change_is_told_with_what_there_was() {
        let told = |now, before, comparison, rise| {
            let figure = figure("", [now, before], |value| format!("{value}"), comparison, rise, None);
            (figure.change, figure.class)
        };
        let is = |change: &str, class| (change.to_owned(), class);
        assert_eq!(
            told(Some(40.0), Some(36.0), Percent, Rise::Neither),
            is("+11 %, was 36", "")
        );
        assert_eq!(
            told(Some(0.25), Some(0.2), Points, Rise::Worse),
            is("+5.0 points, was 0.2", "worse")
        );
        assert_eq!(
            told(Some(1.0), Some(2.0), Percent, Rise::Worse),
            is("\u{2212}50 %, was 2", "better")
        );
        assert_eq!(told(Some(3.0), Some(0.0), Percent, Rise::Better), is("was 0", "better"));
        assert_eq!(told(Some(3.0), None, Percent, Rise::Better), is("none before", ""));
        assert_eq!(told(None, Some(3.0), Percent, Rise::Better), is("was 3", ""));
        assert_eq!(told(Some(3.0), Some(3.0), Percent, Rise::Better), is("as before", ""));
    }
}
