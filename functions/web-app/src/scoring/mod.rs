//! Scoring jobs: which there are, what a new one would do, and what came of one.

pub(crate) mod job;
pub(crate) mod list;
pub(crate) mod new;
mod wish;

use std::fmt::{Display, Formatter};

use askama::{Template, filters::HtmlSafe};
use runledger_models::scoring::{JobStatus, ScoringJob};

use crate::{
    address::{Address, segment},
    format::{Count, Percentage},
};

/// The page of a job.
fn address_of(id: &str) -> Address {
    Address::new(format!("/scoring/{}", segment(id)))
}

/// Where a job stands, by shape and word.
#[derive(Template)]
#[template(
    source = r##"<span class="status {{ self.class() }}"><svg aria-hidden="true"><use href="#{{ self.class() }}"/></svg>{{ self.word() }}</span>"##,
    ext = "html"
)]
struct JobChip(JobStatus);

impl HtmlSafe for JobChip {}

impl JobChip {
    const fn class(&self) -> &'static str {
        match self.0 {
            JobStatus::Running => "running",
            JobStatus::Completed => "done",
            JobStatus::Cancelled => "stopped",
        }
    }

    const fn word(&self) -> &'static str {
        match self.0 {
            JobStatus::Running => "Scoring",
            JobStatus::Completed => "Done",
            JobStatus::Cancelled => "Cancelled",
        }
    }
}

/// How far a job is, as a bar and in words.
#[derive(Template)]
#[template(
    source = r#"<progress max="{{ total.max(1) }}" value="{{ done }}" aria-label="Progress">{{ self.share() }}</progress> {{ Count(*done) }} of {{ Count(*total) }}"#,
    ext = "html"
)]
struct Progress {
    done: u64,
    total: u64,
}

impl HtmlSafe for Progress {}

impl Progress {
    const fn of(job: &ScoringJob) -> Self {
        Self {
            done: job.done(),
            total: job.total_executions,
        }
    }

    fn share(&self) -> Percentage {
        Percentage(self.done as f64 / self.total.max(1) as f64)
    }
}

/// What a job costs at list prices, in US dollars, where that is known.
struct Cost(Option<f64>);

impl Display for Cost {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            None => f.write_str("not known"),
            Some(usd) if usd > 0.0 && usd < 0.001 => f.write_str("under $0.001"),
            Some(usd) if usd < 1.0 => write!(f, "${usd:.3}"),
            Some(usd) => write!(f, "${usd:.2}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_told_as_far_as_it_is_known() {
        for (usd, text) in [
            (None, "not known"),
            (Some(0.0), "$0.000"),
            (Some(0.0004), "under $0.001"),
            (Some(0.0421), "$0.042"),
            (Some(12.5), "$12.50"),
        ] {
            assert_eq!(Cost(usd).to_string(), text);
        }
    }
}
