//! The list of runs: which runs are these, and where is the one I mean?

mod list;
mod newer;
mod query;
mod row;

pub(crate) use list::GetRuns;
pub(crate) use newer::GetNewRuns;
pub(crate) use row::RunRow;
