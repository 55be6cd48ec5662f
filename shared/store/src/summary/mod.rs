//! What executions of some time came to: how many, how they ended, what they cost, how long they took.

use runledger_models::{Scope, Timestamp, summary::Summary};
use serde::Serialize;

use crate::Read;

/// The statement for one user or for everybody: `$rollups` and `$last` narrow what each part of it reads.
macro_rules! summary {
    ($rollups:literal, $last:literal) => {
        concat!(
            include_str!("bounds.sql"),
            include_str!("rollups.sql"),
            $rollups,
            include_str!("rows.sql"),
            include_str!("graphs.sql"),
            $last,
            include_str!("answer.sql")
        )
    };
}

/// The summary of a user.
const SUMMARY_OF_USER: &str = summary!(
    " AND rollup.user_id = $1 ->> 'user_id'\n",
    " AND e.\"userId\" = $1 ->> 'user_id'\n"
);
/// The summary of everybody.
const SUMMARY_OF_ALL: &str = summary!("", "");

#[derive(Serialize)]
struct SummaryArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    from: Timestamp,
    to: Timestamp,
}

/// The summary of the executions that were created between two times, both included.
pub fn summary(scope: &Scope, from: Timestamp, to: Timestamp) -> Read<Summary> {
    let sql = match scope {
        Scope::User(_) => SUMMARY_OF_USER,
        Scope::Any(_) => SUMMARY_OF_ALL,
    };
    let user_id = scope.user_id();
    Read::new(sql, &SummaryArgs { user_id, from, to }).map(|totals, _| Summary::from_totals(totals))
}
