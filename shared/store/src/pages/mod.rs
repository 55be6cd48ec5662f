//! What pages show together: each statement is the answer to the question of a page, with the names that people know.

mod account;
mod alerts;
mod diagnostics;
pub mod graphs;
pub mod history;
pub mod nodes;
pub mod overview;
pub mod run;
pub mod runs;
mod scoring;

pub use account::{Account, account};
pub use alerts::{Alerts, NamedAlert, alerts};
pub use diagnostics::{Diagnostics, QueueEntry, Unstarted, diagnostics};
pub use scoring::{
    Band, NamedGraph, NamedJob, Preview, ScoringResults, ScoringWish, scoring_graphs, scoring_jobs, scoring_preview,
    scoring_results,
};
