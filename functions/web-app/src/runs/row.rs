//! A line of a list of runs.

use runledger_models::{Timestamp, time::StoredTime};
use runledger_store::pages::runs::ListedRun;

use crate::{
    address::{Address, segment},
    format::{Count, Dollars, Percentage, Seconds, short_id},
    parts::When,
};

/// A run as lists show it.
pub(crate) struct RunRow {
    run: ListedRun,
    origin: String,
    shows_scores: bool,
    now: Timestamp,
}

impl RunRow {
    /// A run of the list with the query `origin`.
    pub(crate) const fn new(run: ListedRun, origin: String, shows_scores: bool, now: Timestamp) -> Self {
        Self {
            run,
            origin,
            shows_scores,
            now,
        }
    }

    /// What the line is known by on its page.
    pub(crate) fn element_id(&self) -> String {
        format!("run-{}", segment(&self.run.id))
    }

    /// The page of the run, which is told which list it is opened from.
    pub(crate) fn href(&self) -> String {
        Address::run(&self.run.id).with("list", &self.origin).to_string()
    }

    /// The run.
    pub(crate) const fn run(&self) -> &ListedRun {
        &self.run
    }

    /// The beginning of its id.
    pub(crate) fn short(&self) -> &str {
        short_id(&self.run.id)
    }

    /// When it began; when it was created, before that.
    pub(crate) fn started(&self) -> Option<When> {
        let created = || self.run.created_at.shown();
        self.run.started_at.or_else(created).map(When::ago)
    }

    /// How long it took; so far, of one that runs.
    pub(crate) fn duration(&self) -> Option<String> {
        if let Some(stats) = &self.run.stats
            && (stats.duration > 0.0 || self.run.ended_at.is_some())
        {
            return Some(Seconds(stats.duration).to_string());
        }
        let end = self
            .run
            .ended_at
            .or_else(|| (self.run.status.as_str() == "RUNNING").then_some(self.now))?;
        let millis = end.millis() - self.run.started_at?.millis();
        Some(Seconds(millis as f64 / 1000.0).to_string())
    }

    /// What it cost.
    pub(crate) fn cost(&self) -> Option<Dollars> {
        self.run.stats.as_ref().map(|stats| Dollars(stats.cost))
    }

    /// How many nodes ran.
    pub(crate) fn nodes(&self) -> Option<Count> {
        let stats = self.run.stats.as_ref();
        stats.map(|stats| Count(stats.node_exec_count.max(0).cast_unsigned()))
    }

    /// How many of them failed, if any did.
    pub(crate) fn node_errors(&self) -> Option<Count> {
        let stats = self.run.stats.as_ref()?;
        (stats.node_error_count > 0).then(|| Count(stats.node_error_count.cast_unsigned()))
    }

    /// How it was scored, where the reader may see that.
    pub(crate) fn score(&self) -> Option<Percentage> {
        let score = self.run.stats.as_ref()?.correctness_score?;
        self.shows_scores.then_some(Percentage(score))
    }

    /// What went wrong.
    pub(crate) fn error(&self) -> Option<&str> {
        self.run.stats.as_ref()?.error.as_deref()
    }

    /// Where the line stands in its list.
    pub(crate) const fn created_at(&self) -> &StoredTime {
        &self.run.created_at
    }
}
