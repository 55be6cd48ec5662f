//! `GET /alerts`: which agents got worse, when, by how much; and which blocks fail.

use std::fmt::{Display, Formatter};

use askama::Template;
use http::Method;
use runledger_models::{Timestamp, monitors::BlockErrors};
use runledger_store::{
    monitors::{self, BlockErrorQuery},
    pages::{self, NamedAlert},
};
use runledger_web::{
    Call, Cursor, Door, Endpoint, Names, NoParams, One, Problem, Reply, Trusted, page::Rendered, params,
};

use crate::{
    DOOR,
    address::Address,
    format::{Count, Seconds},
    parts::{Empty, ShortId, When},
    shell::{Freshness, Section, Shell, render},
};

/// Recovered alerts on a page.
const RECOVERED: u32 = 25;
/// Blocks on a page.
const BLOCKS: usize = 50;
/// The least runs of a block that is told of.
const MIN_EXECUTIONS: u32 = 10;
/// What an alert compares goes back so many days.
const COMPARED_DAYS: u32 = 7;

/// How far back the runs of blocks count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockRange {
    Hour,
    Day,
    Week,
}

impl BlockRange {
    const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Hour => "Last hour",
            Self::Day => "Last 24 hours",
            Self::Week => "Last 7 days",
        }
    }

    fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Hour => Timestamp::from_millis(now.millis() - 3_600_000).unwrap_or(now),
            Self::Day => now.days_before(1),
            Self::Week => now.days_before(7),
        }
    }

    fn link(self) -> String {
        format!("{}#blocks", Address::new("/alerts").with("blocks", self.name()))
    }
}

impl Names for BlockRange {
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|range| range.name() == name)
    }

    fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::name).collect()
    }
}

params! {
    /// Which part of the recovered alerts, and which runs of blocks.
    pub(crate) struct AlertsQuery {
        /// Where the last part of the recovered alerts ended.
        cursor: Option<Cursor>,
        /// How far back the runs of blocks count; a day without it.
        blocks: Option<One<BlockRange>>,
    }
}

/// A rate in percent, which is not zero though it may be small.
struct Rate(f64);

impl Display for Rate {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        if self.0 < 0.1 {
            f.write_str("under 0.1 %")
        } else {
            write!(f, "{:.1} %", self.0)
        }
    }
}

/// A line without an axis: where a number went.
struct Line {
    points: String,
    /// Where it ends.
    end: (f64, f64),
    /// The numbers, for who does not see it.
    label: String,
}

impl Line {
    const WIDTH: f64 = 120.0;
    const HEIGHT: f64 = 24.0;
    /// What is left free around it, for its end.
    const MARGIN: f64 = 3.0;

    fn new(values: &[f64]) -> Option<Self> {
        let lowest = values.iter().copied().reduce(f64::min)?;
        let highest = values.iter().copied().reduce(f64::max)?;
        let step = (Self::WIDTH - 2.0 * Self::MARGIN) / (values.len().max(2) - 1) as f64;
        // What does not change stands in the middle.
        let scale = |value: f64| {
            if highest > lowest {
                (highest - value) / (highest - lowest)
            } else {
                0.5
            }
        };
        let place = |(at, value): (usize, &f64)| {
            let y = Self::MARGIN + scale(*value) * (Self::HEIGHT - 2.0 * Self::MARGIN);
            (Self::MARGIN + at as f64 * step, y)
        };
        let places: Vec<_> = values.iter().enumerate().map(place).collect();
        let points: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let told: Vec<_> = values.iter().map(|value| format!("{value:.0} %")).collect();
        Some(Self {
            points: points.join(" "),
            end: *places.last()?,
            label: told.join(", "),
        })
    }
}

/// An alert as a row.
struct AlertRow(NamedAlert);

impl AlertRow {
    fn graph(&self) -> Address {
        Address::graph(&self.0.alert.graph_id)
    }

    /// The runs that the alert was made of.
    fn runs(&self) -> Address {
        let alert = &self.0.alert;
        let from = alert.detected_at.days_before(COMPARED_DAYS);
        Address::runs()
            .with("graph_id", &alert.graph_id)
            .with("user_id", &alert.user_id)
            .within(from, alert.detected_at)
    }

    /// The daily scores of the last days.
    fn line(&self) -> Option<Line> {
        Line::new(self.0.scores.as_deref()?)
    }

    /// How long the accuracy was low.
    fn lasted(&self) -> Option<Seconds> {
        let alert = &self.0.alert;
        let millis = alert.recovered_at?.millis() - alert.detected_at.millis();
        Some(Seconds(millis as f64 / 1000.0))
    }
}

#[derive(Template)]
#[template(path = "alerts.html")]
struct AlertsPage {
    shell: Shell,
    open: Vec<AlertRow>,
    total_open: u64,
    recovered: Vec<AlertRow>,
    is_first_part: bool,
    next: Option<String>,
    range: BlockRange,
    blocks: Vec<BlockErrors>,
    blocks_left: usize,
    failed_runs: Address,
}

/// Shows which agents got worse.
pub(crate) struct GetAlerts;

impl Endpoint for GetAlerts {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/alerts";
    const SUMMARY: &'static str = "Which agents got worse, when, by how much?";
    const DOOR: Door = DOOR;
    type Access = Trusted;
    type Path = NoParams;
    type Query = AlertsQuery;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let scope = call.who.scope();
        let before = call.query.cursor.map(|Cursor(position)| position);
        let range = call.query.blocks.map_or(BlockRange::Day, |One(range)| range);
        let alerts = call
            .ledger
            .read(pages::alerts(&scope, before.as_ref(), RECOVERED))
            .await?;
        let now = Timestamp::now();
        let query = BlockErrorQuery {
            from: range.before(now),
            to: now,
            min_executions: MIN_EXECUTIONS,
            min_error_rate: 0,
        };
        let mut blocks = call.ledger.read(monitors::block_errors(&scope, &query)).await?;
        blocks.retain(|block| block.failed_executions > 0);
        let blocks_left = blocks.len().saturating_sub(BLOCKS);
        blocks.truncate(BLOCKS);
        let next = alerts.next.map(|position| {
            let address = Address::new("/alerts").with("cursor", Cursor(position).encode());
            format!("{}#recovered", address.with("blocks", range.name()))
        });
        render(&AlertsPage {
            shell: Shell::new("Alerts", Section::Alerts, &call.who).fresh(Freshness::Polls),
            open: alerts.open.into_iter().map(AlertRow).collect(),
            total_open: alerts.total_open,
            recovered: alerts.recovered.into_iter().map(AlertRow).collect(),
            is_first_part: before.is_none(),
            next,
            range,
            blocks,
            blocks_left,
            failed_runs: Address::runs().with("statuses", "FAILED").within(query.from, query.to),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_where_its_numbers_go() {
        let line = Line::new(&[80.0, 60.0, 70.0]).unwrap();
        assert_eq!(line.points, "3.0,3.0 60.0,21.0 117.0,12.0");
        assert_eq!(line.label, "80 %, 60 %, 70 %");
        assert_eq!(Line::new(&[50.0]).unwrap().points, "3.0,12.0");
        assert!(Line::new(&[]).is_none());
    }

    #[test]
    fn a_small_rate_is_not_told_as_none() {
        assert_eq!(Rate(0.02).to_string(), "under 0.1 %");
        assert_eq!(Rate(12.34).to_string(), "12.3 %");
    }
}
