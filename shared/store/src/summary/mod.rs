//! What executions of some time came to: how many, how they ended, what they cost, how long they took.

use runledger_models::{Scope, Timestamp, summary::Summary};
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

/// The summary of the executions that were created between two times, both included.
pub fn summary(scope: &Scope, from: Timestamp, to: Timestamp) -> Read<Summary> {
    let user_id = scope.user_id();
    Read::new(SUMMARY, &SummaryArgs { user_id, from, to }).map(|totals, _| Summary::from_totals(totals))
}
