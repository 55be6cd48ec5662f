//! What executions of some time came to: how many, how they ended, what they cost, how long they took.

use runledger_models::{Scope, Timestamp, summary::Summary, time::TimeRange};
use serde::Serialize;

use crate::Read;

const SUMMARY: &str = include_str!("summary.sql");

#[derive(Serialize)]
struct SummaryArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    from: Timestamp,
    to: Timestamp,
}

/// The summary of the executions that were created in this time.
pub fn summary(scope: &Scope, range: TimeRange) -> Read<Summary> {
    let user_id = scope.user_id();
    let (from, to) = (range.start(), range.end());
    Read::new(SUMMARY, &SummaryArgs { user_id, from, to }).map(|totals, _| Summary::from_totals(totals))
}
