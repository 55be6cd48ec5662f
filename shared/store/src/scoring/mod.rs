//! Scoring jobs: which executions a language model judges, who is at it, and what came of it.

mod work;

use runledger_logging::Log;
use runledger_models::{
    Id, Scope, Timestamp,
    paging::Position,
    scoring::{ResultStatus, Score, ScoreResult, ScoringJob},
    time::StoredTime,
};
use serde::{Deserialize, Serialize};

use crate::{
    Read, Write,
    keyset::{self, KeysetPage},
    stored::{Row, decoded, shown_time},
};

pub use work::{Claimed, Item, Outcome, ScoringTask, Usage, Work, running};

/// Makes a job.
const CREATE: &str = include_str!("create.sql");
const GET: &str = include_str!("get.sql");
const LIST: &str = include_str!("list.sql");
const CANCEL: &str = include_str!("cancel.sql");
/// Results of a job, and the job.
const RESULTS: &str = include_str!("results.sql");
const HELD: &str = include_str!("held.sql");
const SCORES: &str = include_str!("scores.sql");

/// What a job is to do.
#[derive(Debug, Serialize)]
pub struct NewJob<'a> {
    /// The graph whose executions are scored.
    pub graph_id: &'a Id,
    /// Only of this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_version: Option<u32>,
    /// Only those created then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<Timestamp>,
    /// The model.
    pub model: &'a str,
    /// Who serves it.
    pub provider: &'a str,
    /// How many calls may be in flight at once.
    pub batch_size: u32,
    /// Whether executions that have a summary and a score are left alone.
    pub skip_existing: bool,
    /// What the model is told to do.
    pub system_prompt: &'a str,
    /// How a run is put to it.
    pub user_prompt: &'a str,
    /// SHA-256 of both.
    pub prompt_hash: &'a str,
    /// Who asks for it.
    pub created_by: &'a str,
    /// The most executions; with more the job is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
}

#[derive(Serialize)]
struct ScopedArgs<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(flatten)]
    rest: T,
}

fn args<T>(scope: &Scope, rest: T) -> ScopedArgs<'_, T> {
    ScopedArgs {
        user_id: scope.user_id(),
        rest,
    }
}

#[derive(Serialize)]
struct OneJob<'a> {
    id: &'a Id,
}

/// Makes a job over the executions within `scope`.
pub fn create(scope: &Scope, new: &NewJob<'_>) -> Write<ScoringJob> {
    #[derive(Serialize)]
    struct Identified<'a> {
        id: Id,
        #[serde(flatten)]
        new: &'a NewJob<'a>,
    }
    let id = Id::generate();
    Write::new(CREATE, &args(scope, Identified { id, new }))
}

/// A job over executions within `scope`.
pub fn get(scope: &Scope, id: &Id) -> Read<ScoringJob> {
    Read::new(GET, &args(scope, OneJob { id }))
}

/// At most `limit` jobs within `scope`, of one graph or of all, from the newest on or before a place; and where the next
/// ones begin.
pub fn list(
    scope: &Scope,
    graph_id: Option<&Id>,
    before: Option<&Position>,
    limit: u32,
) -> Read<(Vec<ScoringJob>, Option<Position>)> {
    #[derive(Serialize)]
    struct Listed<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        graph_id: Option<&'a Id>,
        #[serde(flatten)]
        page: KeysetPage<'a>,
    }
    let page = KeysetPage::before(before, limit);
    Read::new(LIST, &args(scope, Listed { graph_id, page })).map(move |rows: Vec<ScoringJob>, _| {
        keyset::cut(rows.into(), limit, |job: &ScoringJob| {
            keyset::position(&job.id, job.created_at)
        })
    })
}

/// Whether a runner, wherever it is, has executions of a job.
pub fn is_held(id: &Id) -> Read<bool> {
    Read::new(HELD, &OneJob { id })
}

/// Has no further executions of a job begun. A job that is completed cannot be cancelled any more.
pub fn cancel(scope: &Scope, id: &Id) -> Write<()> {
    Write::<bool>::new(CANCEL, &args(scope, OneJob { id })).unit()
}

/// Some results of a job.
#[derive(Debug)]
pub struct Results {
    /// The job as it stands.
    pub job: ScoringJob,
    /// What came of its executions.
    pub results: Vec<Numbered>,
}

/// A result and its number.
#[derive(Debug)]
pub struct Numbered {
    /// How many of the job were done with it.
    pub done: u32,
    /// The result.
    pub result: ScoreResult,
}

/// At most `limit` results of a job after the one numbered `after`, in the order in which they came.
pub fn results(scope: &Scope, id: &Id, after: u32, limit: u32) -> Read<Results> {
    #[derive(Serialize)]
    struct ResultsArgs<'a> {
        id: &'a Id,
        after: u32,
        limit: u32,
    }
    Read::new(RESULTS, &args(scope, ResultsArgs { id, after, limit })).map(|read: ResultsRow, log| Results {
        job: read.job,
        results: decoded(log, read.results, "the result of an execution", |row: NumberedRow| {
            row.into_numbered(log)
        }),
    })
}

#[derive(Deserialize)]
struct ResultsRow {
    job: ScoringJob,
    results: Vec<Row<NumberedRow>>,
}

#[derive(Deserialize)]
pub(crate) struct NumberedRow {
    done: u32,
    result: ResultRow,
}

#[derive(Deserialize)]
struct ResultRow {
    agent_id: String,
    version_id: i32,
    user_id: String,
    exec_id: String,
    summary_text: Option<String>,
    score: Option<f64>,
    status: ResultStatus,
    error_message: Option<String>,
    started_at: Option<StoredTime>,
    ended_at: Option<StoredTime>,
}

impl NumberedRow {
    pub(crate) fn into_numbered(self, log: &Log) -> Numbered {
        let row = self.result;
        let record = format!("execution {}", row.exec_id);
        let time = |time: Option<&StoredTime>, column| shown_time(log, time, &record, column);
        let result = ScoreResult {
            started_at: time(row.started_at.as_ref(), "startedAt"),
            ended_at: time(row.ended_at.as_ref(), "endedAt"),
            agent_id: row.agent_id,
            version_id: row.version_id,
            user_id: row.user_id,
            exec_id: row.exec_id,
            summary_text: row.summary_text,
            score: row.score,
            status: row.status,
            error_message: row.error_message,
        };
        Numbered {
            done: self.done,
            result,
        }
    }
}

/// A score and its number.
#[derive(Debug, Deserialize)]
pub struct NumberedScore {
    /// The number: a later score has a higher one.
    pub id: i64,
    /// The score.
    pub score: Score,
}

/// At most `limit` scores of an execution, from the newest on or before the one numbered `before`; and whether there are
/// more.
pub fn scores(scope: &Scope, id: &Id, before: Option<i64>, limit: u32) -> Read<(Vec<NumberedScore>, bool)> {
    #[derive(Serialize)]
    struct ScoresArgs<'a> {
        id: &'a Id,
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<i64>,
        limit: u32,
    }
    let limit_and_one = limit.saturating_add(1);
    let args = args(
        scope,
        ScoresArgs {
            id,
            before,
            limit: limit_and_one,
        },
    );
    Read::new(SCORES, &args).map(move |rows: keyset::Rows<NumberedScore>, _| rows.limited(limit))
}
