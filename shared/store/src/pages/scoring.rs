//! `/scoring` and `/scoring/{job}`: what was scored, what came out, and what one could score.

use runledger_models::{
    Id, Scope, Timestamp,
    paging::Position,
    scoring::{ResultStatus, ScoringJob},
};
use serde::{Deserialize, Serialize};

use crate::{
    Read,
    keyset::{self, KeysetPage},
    predicates::with_predicates,
    scoring::{Numbered, NumberedRow},
    stored::{Row, decoded},
};

const JOBS: &str = include_str!("scoring_jobs.sql");
const GRAPHS: &str = include_str!("scoring_graphs.sql");
const PREVIEW: &str = include_str!("scoring_preview.sql");
const RESULTS: &str = include_str!("scoring_results.sql");

/// A job with the name of its graph.
#[derive(Debug, Deserialize)]
pub struct NamedJob {
    /// The job.
    pub job: ScoringJob,
    /// The name of the graph's newest version.
    pub graph_name: String,
}

/// A graph, and how many of its runs finished in the last 30 days.
#[derive(Debug, Deserialize)]
pub struct NamedGraph {
    /// The graph.
    pub id: String,
    /// The name of its newest version.
    pub name: String,
    /// How many of its runs finished.
    pub finished: u64,
}

/// At most `limit` jobs within `scope`, from the newest on or before a place; and where the next ones begin.
pub fn scoring_jobs(scope: &Scope, before: Option<&Position>, limit: u32) -> Read<(Vec<NamedJob>, Option<Position>)> {
    #[derive(Serialize)]
    struct JobsArgs<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<&'a str>,
        #[serde(flatten)]
        page: KeysetPage<'a>,
    }
    let args = JobsArgs {
        user_id: scope.user_id(),
        page: KeysetPage::before(before, limit),
    };
    Read::new(JOBS, &args).map(move |jobs: Vec<NamedJob>, _| {
        keyset::cut(jobs.into(), limit, |named: &NamedJob| {
            keyset::position(&named.job.id, named.job.created_at)
        })
    })
}

/// The hundred graphs whose runs within `scope` finished most in the last 30 days.
pub fn scoring_graphs(scope: &Scope) -> Read<Vec<NamedGraph>> {
    #[derive(Serialize)]
    struct GraphsArgs<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<&'a str>,
    }
    let user_id = scope.user_id();
    Read::new(GRAPHS, &GraphsArgs { user_id })
}

/// Which executions one thinks of scoring.
#[derive(Debug, Serialize)]
pub struct ScoringWish<'a> {
    /// The graph whose executions they are.
    pub graph_id: &'a Id,
    /// Only of this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_version: Option<u32>,
    /// Only those created then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<Timestamp>,
}

/// What a job would find.
#[derive(Debug, Deserialize)]
pub struct Preview {
    /// The name of the graph, if there is such a graph.
    pub graph_name: Option<String>,
    /// How many executions, as far as 10,000.
    pub found: u64,
    /// How many of these have a summary and a score.
    pub scored: u64,
    /// Whether there may be more than these.
    pub has_more: bool,
}

/// What a job over executions within `scope` would find.
pub fn scoring_preview(scope: &Scope, wish: &ScoringWish<'_>) -> Read<Preview> {
    #[derive(Serialize)]
    struct PreviewArgs<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<&'a str>,
        #[serde(flatten)]
        wish: &'a ScoringWish<'a>,
    }
    let user_id = scope.user_id();
    Read::new(PREVIEW, &PreviewArgs { user_id, wish })
}

/// How many scores there are in one of the five bands: up to 0.2, 0.4, 0.6, 0.8 and 1.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Band {
    /// The band, from 0.
    pub band: u32,
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
}

/// A job, and what came of some of its executions.
#[derive(Debug)]
pub struct ScoringResults {
    /// The job as it stands.
    pub job: ScoringJob,
    /// The name of its graph.
    pub graph_name: String,
    /// How its scores are spread: of the first 100,000.
    pub bands: Vec<Band>,
    /// What came of its executions.
    pub results: Vec<Numbered>,
    /// Whether more have come to something.
    pub has_more: bool,
}

/// A job within `scope`, and at most `limit` of its results after the one numbered `after`, of one outcome or of all.
pub fn scoring_results(
    scope: &Scope,
    id: &Id,
    outcome: Option<ResultStatus>,
    after: u32,
    limit: u32,
) -> Read<ScoringResults> {
    #[derive(Serialize)]
    struct ResultsArgs<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<&'a str>,
        id: &'a Id,
        #[serde(skip_serializing_if = "Option::is_none")]
        outcome: Option<ResultStatus>,
        after: u32,
        limit: u32,
    }
    #[derive(Deserialize)]
    struct ResultsRow {
        job: ScoringJob,
        graph_name: String,
        bands: Vec<Band>,
        results: Vec<Row<NumberedRow>>,
    }
    let args = ResultsArgs {
        user_id: scope.user_id(),
        id,
        outcome,
        after,
        limit: limit.saturating_add(1),
    };
    let sql = with_predicates(RESULTS, &[(outcome.is_some(), "outcome = $1 ->> 'outcome'")]);
    Read::new(sql, &args).map(move |row: ResultsRow, log| {
        let (results, has_more) = keyset::Rows::from(row.results).limited(limit);
        ScoringResults {
            job: row.job,
            graph_name: row.graph_name,
            bands: row.bands,
            results: decoded(log, results, "the result of an execution", |row| row.into_numbered(log)),
            has_more,
        }
    })
}
