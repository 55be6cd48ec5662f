//! `/alerts`: which agents got worse.

use runledger_models::{Scope, monitors::AccuracyAlert, paging::Position};
use serde::{Deserialize, Serialize};

use crate::{
    Read,
    keyset::{self, KeysetPage},
    stored::{Row, decoded},
};

const ALERTS: &str = include_str!("alerts.sql");

/// An alert with the name of its graph.
#[derive(Debug, Deserialize)]
pub struct NamedAlert {
    /// The name of the graph's newest version.
    pub graph_name: String,
    /// The mean scores of the last 21 days with scores in percent, oldest first, of an alert that is open.
    pub scores: Option<Vec<f64>>,
    /// The alert.
    #[serde(flatten)]
    pub alert: AccuracyAlert,
}

/// Which agents got worse.
#[derive(Debug)]
pub struct Alerts {
    /// The alerts that are open, the deepest fall first: at most 200.
    pub open: Vec<NamedAlert>,
    /// How many are.
    pub total_open: u64,
    /// Those that are over, the newest recovery first.
    pub recovered: Vec<NamedAlert>,
    /// Where the next ones of them begin.
    pub next: Option<Position>,
}

/// The alerts within `scope` that are open, and at most `limit` of those that were over before a place.
pub fn alerts(scope: &Scope, before: Option<&Position>, limit: u32) -> Read<Alerts> {
    #[derive(Serialize)]
    struct AlertsArgs<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<&'a str>,
        #[serde(flatten)]
        page: KeysetPage<'a>,
    }
    #[derive(Deserialize)]
    struct AlertsRow {
        total_open: u64,
        open: Vec<Row<NamedAlert>>,
        recovered: Vec<Row<NamedAlert>>,
    }
    let args = AlertsArgs {
        user_id: scope.user_id(),
        page: KeysetPage::before(before, limit),
    };
    Read::new(ALERTS, &args).map(move |row: AlertsRow, log| {
        let recovered = decoded(log, row.recovered, "alert", |alert| alert);
        let (recovered, next) = keyset::cut(recovered.into(), limit, |named: &NamedAlert| {
            let alert = &named.alert;
            keyset::position(&alert.id, alert.recovered_at.unwrap_or(alert.detected_at))
        });
        Alerts {
            open: decoded(log, row.open, "alert", |alert| alert),
            total_open: row.total_open,
            recovered,
            next,
        }
    })
}
