//! Graphs: how does this agent do over time, by version?

mod list;
mod one;

pub(crate) use list::GetGraphs;
pub(crate) use one::GetGraph;
