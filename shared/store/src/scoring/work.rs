//! What a runner of a scoring job does to the database: it takes an execution, reads it, and tells what came of it.

use runledger_models::{
    AnyUser, Id,
    scoring::{Case, Templates, Verdict},
};
use serde::{Deserialize, Serialize};

use crate::{Error, Read, Write};

/// Takes an execution of a job.
const CLAIM: &str = include_str!("claim.sql");
/// An execution, as a model is told of it.
const CASE: &str = include_str!("case.sql");
/// Stores what came of an execution.
const FINISH: &str = include_str!("finish.sql");
const OPEN: &str = include_str!("open.sql");
const RENEW: &str = include_str!("renew.sql");
const RUNNING: &str = include_str!("running.sql");

/// How long a runner that says nothing keeps what it has taken, in seconds.
const LEASE_SECONDS: u32 = 60;
/// The most jobs that a tick looks at.
const MAX_JOBS: u32 = 100;

/// A runner's share of a job. What it reaches is everybody's.
#[derive(Debug)]
pub struct Work {
    job: Id,
    lease: Id,
    spec: Spec,
}

/// What is asked of the model.
#[derive(Debug, Deserialize)]
struct Spec {
    model: String,
    provider: String,
    batch_size: usize,
    skip_existing: bool,
    templates: Templates,
}

/// An execution as the job found it: an execution of another owner, or another one under this id, is not this one.
#[derive(Debug, Deserialize, Serialize)]
struct Run {
    graph_exec_id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exec_created_at: Option<String>,
}

/// An execution that a runner has taken.
#[derive(Debug, Deserialize)]
pub struct Item {
    place: u32,
    run: Run,
    /// How often a runner has taken it.
    pub taken: u32,
}

/// What taking an execution came to.
#[derive(Debug, Deserialize)]
pub struct Claimed {
    /// Whether the job goes on.
    pub is_running: bool,
    /// The execution; none where nothing is left, or enough are with the model.
    pub item: Option<Item>,
}

/// What is to be done about an execution.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoringTask {
    /// It is to be judged.
    Case(Box<Case>),
    /// It has been scored since the job began.
    Scored {
        /// The summary that it has.
        summary: String,
        /// The score that it has.
        score: f64,
    },
}

/// What the calls for an execution took.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Usage {
    /// The tokens that went in, where the model said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u32>,
    /// The tokens that came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u32>,
    /// What they cost at list prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// How long the last call took, in milliseconds.
    pub latency_ms: u32,
    /// How many calls there were.
    pub tries: u32,
}

/// What came of an execution.
#[derive(Debug)]
pub enum Outcome {
    /// The model's verdict.
    Success(Verdict, Usage),
    /// Why there is none.
    Failed(String, Option<Usage>),
    /// It had been scored.
    Skipped(Verdict),
}

/// Jobs that are not done, the oldest first.
pub fn running(_: &AnyUser) -> Read<Vec<Id>> {
    #[derive(Serialize)]
    struct Limit {
        limit: u32,
    }
    Read::new(RUNNING, &Limit { limit: MAX_JOBS })
}

impl Work {
    /// A share of a job that is not done; `None` for any other.
    pub fn open(_: &AnyUser, job: Id) -> Read<Option<Self>> {
        #[derive(Serialize)]
        struct OpenArgs<'a> {
            id: &'a Id,
        }
        let opened = Read::new(OPEN, &OpenArgs { id: &job }).map(|spec, _| Self {
            job,
            lease: Id::generate(),
            spec,
        });
        opened.none_if(|error| matches!(error, Error::Nothing))
    }

    /// The model.
    pub fn model(&self) -> &str {
        &self.spec.model
    }

    /// Who serves it.
    pub fn provider(&self) -> &str {
        &self.spec.provider
    }

    /// How many executions may be with the model at once.
    pub const fn batch_size(&self) -> usize {
        self.spec.batch_size
    }

    /// The prompts.
    pub const fn templates(&self) -> &Templates {
        &self.spec.templates
    }

    /// Takes an execution.
    pub fn claim(&self) -> Write<Claimed> {
        #[derive(Serialize)]
        struct ClaimArgs<'a> {
            lock: String,
            #[serde(flatten)]
            held: Held<'a>,
        }
        let args = ClaimArgs {
            lock: format!("runledger.scoring:{}", self.job),
            held: self.held(),
        };
        Write::new(CLAIM, &args)
    }

    /// Keeps what was taken.
    pub fn renew(&self) -> Write<()> {
        Write::<u32>::new(RENEW, &self.held()).unit()
    }

    fn held(&self) -> Held<'_> {
        Held {
            job_id: &self.job,
            lease: &self.lease,
            lease_seconds: LEASE_SECONDS,
        }
    }

    /// The execution as a model is told of it in about `budget` bytes; `None` where it is no longer there or no longer
    /// finished.
    pub fn find(&self, item: &Item, budget: usize) -> Read<Option<ScoringTask>> {
        #[derive(Serialize)]
        struct FindArgs<'a> {
            #[serde(flatten)]
            run: &'a Run,
            skip_existing: bool,
            budget: usize,
        }
        let args = FindArgs {
            run: &item.run,
            skip_existing: self.spec.skip_existing,
            budget,
        };
        Read::new(CASE, &args).none_if(|error| matches!(error, Error::Missing))
    }

    /// Stores what came of an execution; whether it did not come to something before.
    pub fn finish(&self, item: &Item, outcome: &Outcome) -> Write<bool> {
        #[derive(Serialize)]
        struct FinishArgs<'a> {
            job_id: &'a Id,
            lease: &'a Id,
            place: u32,
            #[serde(flatten)]
            run: &'a Run,
            outcome: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            summary: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            score: Option<f64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            error: Option<&'a str>,
            #[serde(flatten)]
            usage: Option<&'a Usage>,
        }
        let (name, verdict, error, usage) = match outcome {
            Outcome::Success(verdict, usage) => ("success", Some(verdict), None, Some(usage)),
            Outcome::Failed(why, usage) => ("failed", None, Some(why.as_str()), usage.as_ref()),
            Outcome::Skipped(verdict) => ("skipped", Some(verdict), None, None),
        };
        let args = FinishArgs {
            job_id: &self.job,
            lease: &self.lease,
            place: item.place,
            run: &item.run,
            outcome: name,
            summary: verdict.map(|verdict| verdict.summary.as_str()),
            score: verdict.map(|verdict| verdict.score),
            error,
            usage,
        };
        Write::new(FINISH, &args)
    }
}

#[derive(Serialize)]
struct Held<'a> {
    job_id: &'a Id,
    lease: &'a Id,
    lease_seconds: u32,
}
