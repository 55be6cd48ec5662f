//! The jobs that are run on a schedule: their names, and how often each is to run.

use std::time::Duration;

/// A scheduled job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduledJob {
    /// Refreshes the materialized views.
    RefreshViews,
    /// Looks for graphs whose accuracy falls.
    AccuracyScan,
    /// Reports blocks that fail often.
    BlockErrors,
    /// Reports executions that wait or run for too long.
    LateExecutions,
    /// Goes on with scoring jobs that nobody works at.
    AnalyticsTick,
    /// Forgets what is past its time.
    Prune,
}

impl ScheduledJob {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::RefreshViews,
        Self::AccuracyScan,
        Self::BlockErrors,
        Self::LateExecutions,
        Self::AnalyticsTick,
        Self::Prune,
    ];

    /// Its name in routes, schedules and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RefreshViews => "refresh-views",
            Self::AccuracyScan => "accuracy-scan",
            Self::BlockErrors => "block-errors",
            Self::LateExecutions => "late-executions",
            Self::AnalyticsTick => "analytics-tick",
            Self::Prune => "prune",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.name() == name)
    }

    /// The time from one run to the next, as `spin.cron.toml` has it (a test of the local host compares the two).
    pub const fn period(self) -> Duration {
        match self {
            Self::RefreshViews => Duration::from_mins(15),
            Self::AccuracyScan | Self::BlockErrors => Duration::from_hours(24),
            Self::LateExecutions => Duration::from_mins(5),
            Self::AnalyticsTick => Duration::from_secs(30),
            Self::Prune => Duration::from_hours(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_has_a_name_of_its_own() {
        for job in ScheduledJob::ALL {
            assert_eq!(ScheduledJob::named(job.name()), Some(job));
        }
        assert_eq!(ScheduledJob::named("none"), None);
    }
}
