//! `GET /scoring/{job}`: how far is it, what came out? `POST /scoring/{job}/cancel` ends it.

use askama::Template;
use http::Method;
use runledger_models::{
    Id, Role,
    scoring::{JobStatus, ResultStatus, ScoreResult, ScoringJob},
};
use runledger_store::{
    Error,
    pages::{self, Band},
    scoring,
};
use runledger_web::{
    AdminOnly, Call, Door, Endpoint, Names, NoParams, NumberCursor, One, Problem, Reply, Trusted, page::Rendered,
    params,
};

use super::{Cost, JobChip, Progress, address_of};
use crate::{
    DOOR,
    address::Address,
    format::{self, Count, Percentage, Seconds, Short},
    parts::{Empty, ShortId, When},
    shell::{Freshness, Section, Shell, render},
};

/// Results on a page.
const RESULTS: u32 = 50;
/// The bands of scores, as prompts speak of them.
const BANDS: [(&str, &str); 5] = [
    ("0.8–1", "Success"),
    ("0.6–0.8", "Mostly"),
    ("0.4–0.6", "Partial"),
    ("0.2–0.4", "Poor"),
    ("0–0.2", "Failure"),
];

/// An outcome in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome(ResultStatus);

impl Outcome {
    const ALL: [Self; 3] = [
        Self(ResultStatus::Success),
        Self(ResultStatus::Failed),
        Self(ResultStatus::Skipped),
    ];

    const fn name(self) -> &'static str {
        match self.0 {
            ResultStatus::Success => "success",
            ResultStatus::Failed => "failed",
            ResultStatus::Skipped => "skipped",
        }
    }

    const fn word(self) -> &'static str {
        match self.0 {
            ResultStatus::Success => "Scored",
            ResultStatus::Failed => "Failed",
            ResultStatus::Skipped => "Left alone",
        }
    }

    const fn class(self) -> &'static str {
        match self.0 {
            ResultStatus::Success => "done",
            ResultStatus::Failed => "failed",
            ResultStatus::Skipped => "other",
        }
    }
}

impl Names for Outcome {
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::name).collect()
    }
}

params! {
    /// The job.
    pub(crate) struct JobPath {
        /// The job.
        job: Id,
    }
}

params! {
    /// Which results.
    pub(crate) struct JobQuery {
        /// Only those with this outcome.
        outcome: Option<One<Outcome>>,
        /// Where the last part ended.
        cursor: Option<NumberCursor>,
    }
}

/// A choice of outcomes.
struct Choice {
    label: &'static str,
    count: u64,
    link: String,
    is_chosen: bool,
}

/// How many scores are in a band.
struct BandRow {
    range: &'static str,
    word: &'static str,
    count: u64,
    /// Of 100, the largest band being all of it.
    width: f64,
}

#[derive(Template)]
#[template(path = "scoring_job.html")]
struct JobPage {
    shell: Shell,
    job: ScoringJob,
    graph_name: String,
    bands: Vec<BandRow>,
    mean: Option<f64>,
    choices: Vec<Choice>,
    results: Vec<ScoreResult>,
    first: Option<String>,
    next: Option<String>,
    may_cancel: bool,
}

impl JobPage {
    /// How long it has taken, where it has ended.
    fn took(&self) -> Option<Seconds> {
        let millis = self.job.finished_at?.millis() - self.job.created_at.millis();
        Some(Seconds(millis as f64 / 1000.0))
    }

    fn share(&self) -> Percentage {
        Progress::of(&self.job).share()
    }
}

/// The bands, the best first, and the mean of all scores in them.
fn spread(bands: &[Band]) -> (Vec<BandRow>, Option<f64>) {
    let count = |band: u32| {
        bands
            .iter()
            .find(|found| found.band == band)
            .map_or(0, |found| found.count)
    };
    let most = bands.iter().map(|band| band.count).max().unwrap_or(0);
    let all: u64 = bands.iter().map(|band| band.count).sum();
    let sum: f64 = bands.iter().map(|band| band.sum).sum();
    let rows = BANDS
        .into_iter()
        .zip((0..5).rev())
        .map(|((range, word), band)| BandRow {
            range,
            word,
            count: count(band),
            width: count(band) as f64 / most.max(1) as f64 * 100.0,
        });
    (rows.collect(), (all > 0).then(|| sum / all as f64))
}

/// Shows how far a scoring job is, and what came out.
pub(crate) struct GetScoringJob;

impl Endpoint for GetScoringJob {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/scoring/{job}";
    const SUMMARY: &'static str = "How far is it, what came out?";
    const DOOR: Door = DOOR;
    type Access = Trusted;
    type Path = JobPath;
    type Query = JobQuery;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let outcome = call.query.outcome.map(|One(outcome)| outcome);
        let after = call.query.cursor.map_or(0, |NumberCursor(after)| after);
        let after = u32::try_from(after).map_err(|_| Problem::invalid_at("/query/cursor", "is of another list"))?;
        let status = outcome.map(|Outcome(status)| status);
        let read = pages::scoring_results(&call.who.scope(), &call.path.job, status, after, RESULTS);
        let found = call.ledger.read(read).await?;
        let address = address_of(&found.job.id);
        let link = |outcome: Option<Outcome>, cursor: &str| {
            let address = address.clone().with("outcome", outcome.map_or("", Outcome::name));
            format!("{}#results", address.with("cursor", cursor))
        };
        let job = &found.job;
        let choices = std::iter::once(None).chain(Outcome::ALL.map(Some)).map(|of| Choice {
            label: of.map_or("All", Outcome::word),
            count: match of {
                None => job.done(),
                Some(Outcome(ResultStatus::Success)) => job.successful_analytics,
                Some(Outcome(ResultStatus::Failed)) => job.failed_analytics,
                Some(Outcome(ResultStatus::Skipped)) => job.skipped_executions,
            },
            link: link(of, ""),
            is_chosen: of == outcome,
        });
        let choices = choices.collect();
        let next = found.results.last().filter(|_| found.has_more).map(|last| {
            let cursor = NumberCursor(last.done.into()).encode();
            link(outcome, &cursor)
        });
        let (bands, mean) = spread(&found.bands);
        render(&JobPage {
            shell: Shell::new(format!("Scores of {}", found.graph_name), Section::Scoring, &call.who)
                .fresh(Freshness::Polls),
            may_cancel: call.who.role() == Role::Admin && job.status == JobStatus::Running,
            choices,
            first: (after > 0).then(|| link(outcome, "")),
            next,
            bands,
            mean,
            results: found.results.into_iter().map(|numbered| numbered.result).collect(),
            graph_name: found.graph_name,
            job: found.job,
        })
    }
}

/// Has no further runs of a job scored.
pub(crate) struct PostCancel;

impl Endpoint for PostCancel {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/scoring/{job}/cancel";
    const SUMMARY: &'static str = "Cancel a scoring job";
    const DOOR: Door = DOOR;
    type Access = AdminOnly;
    type Path = JobPath;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let job = &call.path.job;
        match call.ledger.write(scoring::cancel(&call.who.scope(), job)).await {
            // One that was completed meanwhile shows so.
            Ok(_) | Err(Error::Conflict(_)) => Ok(Rendered::see_other(&address_of(job.as_str()).to_string())),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_spread_over_five_bands() {
        let band = |band, count, sum| Band { band, count, sum };
        let (rows, mean) = spread(&[band(4, 8, 7.2), band(0, 2, 0.2)]);
        let counts: Vec<_> = rows.iter().map(|row| (row.word, row.count, row.width)).collect();
        assert_eq!(counts[0], ("Success", 8, 100.0));
        assert_eq!(counts[4], ("Failure", 2, 25.0));
        assert!(mean.is_some_and(|mean| (mean - 0.74).abs() < 1e-9));
        assert_eq!(spread(&[]).1, None);
    }
}
