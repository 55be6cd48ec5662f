//! What operators watch (seed `data/execution.py`: `BlockErrorStats`, `get_frequently_executed_graphs`; seed
//! `execution_analytics_routes.py`: accuracy trends).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ExecutionStatus, Timestamp, time::deserialize_stored, time::deserialize_stored_option};

/// A day of a graph with finished executions, as the database tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct TrendRow {
    /// The accuracy of the day.
    #[serde(flatten)]
    pub day: AccuracyDay,
    /// By how much the mean of three lies below that of seven, in percent of the latter.
    pub drop_percent: Option<f64>,
}

/// The accuracy of a day: means of scores in percent. Null where there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccuracyDay {
    /// The beginning of the day, in UTC; now where there are no executions at all.
    #[serde(deserialize_with = "deserialize_stored")]
    pub date: Timestamp,
    /// The mean score of the day's finished executions.
    pub daily_score: Option<f64>,
    /// The mean of the last 3 daily scores.
    pub three_day_avg: Option<f64>,
    /// The mean of the last 7 daily scores.
    pub seven_day_avg: Option<f64>,
    /// The mean of the last 14 daily scores.
    pub fourteen_day_avg: Option<f64>,
}

/// The fall of a graph's accuracy.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AccuracyDrop {
    /// The graph.
    pub graph_id: String,
    /// Whose executions were looked at; null for everybody's.
    pub user_id: Option<String>,
    /// By how much the mean of three lies below that of seven, in percent of the latter.
    pub drop_percent: f64,
    /// The mean of the last 3 daily scores.
    pub three_day_avg: f64,
    /// The mean of the last 7 daily scores.
    pub seven_day_avg: f64,
    /// When this was found.
    pub detected_at: Timestamp,
}

/// How the accuracy of a graph went.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AccuracyTrends {
    /// The last day with executions.
    pub latest_data: AccuracyDay,
    /// Set when the accuracy fell by the threshold or more.
    pub alert: Option<AccuracyDrop>,
    /// All days with executions, newest first; null unless asked for.
    pub historical_data: Option<Vec<AccuracyDay>>,
}

impl AccuracyTrends {
    /// The trend that these days, newest first, make for a graph and perhaps one user. An alert is given from
    /// `threshold` percent up.
    pub fn new(
        rows: Vec<TrendRow>,
        graph_id: &str,
        user_id: Option<&str>,
        threshold: f64,
        historical: bool,
        now: Timestamp,
    ) -> Self {
        let alert = rows.first().and_then(|row| {
            Some(AccuracyDrop {
                graph_id: graph_id.to_owned(),
                user_id: user_id.map(str::to_owned),
                drop_percent: row.drop_percent.filter(|drop| *drop >= threshold)?,
                three_day_avg: row.day.three_day_avg?,
                seven_day_avg: row.day.seven_day_avg?,
                detected_at: now,
            })
        });
        let nothing = AccuracyDay {
            date: now,
            daily_score: None,
            three_day_avg: None,
            seven_day_avg: None,
            fourteen_day_avg: None,
        };
        Self {
            latest_data: rows.first().map_or(nothing, |row| row.day.clone()),
            alert,
            historical_data: historical.then(|| rows.into_iter().map(|row| row.day).collect()),
        }
    }
}

/// How often the nodes of a block ran and failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BlockErrors {
    /// The block.
    pub block_id: String,
    /// Its name; null where it is not known.
    pub block_name: Option<String>,
    /// How often its nodes ran.
    pub total_executions: u64,
    /// How often they failed.
    pub failed_executions: u64,
    /// The part that failed, in percent.
    pub error_rate: f64,
}

/// A user's graph that ran often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FrequentGraph {
    /// The graph.
    pub graph_id: String,
    /// Who ran it.
    pub user_id: String,
    /// How often it finished.
    pub execution_count: u64,
}

/// Whether a graph has recovered since an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// Its accuracy is still low.
    Open,
    /// Its accuracy is back.
    Recovered,
}

/// What the scan for falling accuracy found of a user's graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccuracyAlert {
    /// The alert.
    pub id: String,
    /// The graph.
    pub graph_id: String,
    /// Who ran it.
    pub user_id: String,
    /// Whether it is over.
    pub state: AlertState,
    /// By how much the mean of three lay below that of seven at the last scan of an open alert, in percent.
    pub drop_percent: f64,
    /// The mean of the last 3 daily scores then.
    pub three_day_avg: f64,
    /// The mean of the last 7 daily scores then.
    pub seven_day_avg: f64,
    /// When the alert was opened.
    #[serde(deserialize_with = "deserialize_stored")]
    pub detected_at: Timestamp,
    /// When the accuracy was found to be back.
    #[serde(deserialize_with = "deserialize_stored_option")]
    pub recovered_at: Option<Timestamp>,
    /// When it was posted to the webhook.
    #[serde(deserialize_with = "deserialize_stored_option")]
    pub notified_at: Option<Timestamp>,
}

/// An execution that waits or runs for too long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LateExecution {
    /// The execution.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// Its graph.
    pub graph_id: String,
    /// The graph's version.
    pub graph_version: i32,
    /// QUEUED or RUNNING.
    pub status: ExecutionStatus,
    /// Since when; null where RFC 3339 cannot say it.
    pub since: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<TrendRow> {
        serde_json::from_str(text).unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-03-01T12:00:00Z").unwrap()
    }

    const FALL: &str = r#"[
        {"date":"2026-02-02T00:00:00","daily_score":60,"three_day_avg":72,"seven_day_avg":80,"fourteen_day_avg":81,
         "drop_percent":10},
        {"date":"2026-02-01T00:00:00","daily_score":null,"three_day_avg":null,"seven_day_avg":null,
         "fourteen_day_avg":null,"drop_percent":null}]"#;

    #[test]
    fn nothing_found_is_now_with_nulls() {
        let trends = AccuracyTrends::new(vec![], "g", None, 10.0, true, now());
        assert_eq!((trends.latest_data.date, trends.latest_data.daily_score), (now(), None));
        assert_eq!((trends.alert, trends.historical_data), (None, Some(vec![])));
    }

    #[test]
    fn an_alert_is_given_from_the_threshold_up() {
        for (threshold, given) in [(9.9, true), (10.0, true), (10.1, false)] {
            let trends = AccuracyTrends::new(rows(FALL), "g", Some("u"), threshold, false, now());
            assert_eq!(trends.alert.is_some(), given, "{threshold}");
        }
    }

    #[test]
    fn history_is_null_unless_asked_for() {
        let trends = |historical| AccuracyTrends::new(rows(FALL), "g", None, 10.0, historical, now());
        assert_eq!(trends(false).historical_data, None);
        assert_eq!(trends(true).historical_data.unwrap().len(), 2);
        assert_eq!(trends(true).latest_data.daily_score, Some(60.0));
    }
}
