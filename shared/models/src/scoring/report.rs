//! What a scoring job comes to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Timestamp;

/// What became of an execution in a scoring job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResultStatus {
    /// It was scored.
    Success,
    /// It was not; `error_message` says why.
    Failed,
    /// It had a summary and a score already.
    Skipped,
}

/// What a scoring job made of one execution.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ScoreResult {
    /// The graph.
    pub agent_id: String,
    /// The graph's version.
    pub version_id: i32,
    /// Who ran it.
    pub user_id: String,
    /// The execution.
    pub exec_id: String,
    /// What the run did, in a few sentences.
    pub summary_text: Option<String>,
    /// How well it did what the graph is for, 0 to 1.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub score: Option<f64>,
    /// What became of it.
    pub status: ResultStatus,
    /// Why it was not scored.
    pub error_message: Option<String>,
    /// When the execution started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// All that a scoring job came to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Report {
    /// The finished executions that the job is about.
    pub total_executions: u64,
    /// Those that were scored or failed.
    pub processed_executions: u64,
    /// Those that were scored.
    pub successful_analytics: u64,
    /// Those whose scoring failed.
    pub failed_analytics: u64,
    /// Those that had a summary and a score already.
    pub skipped_executions: u64,
    /// Each execution: first those that were scored or failed, in the order in which they did, then those that were skipped.
    pub results: Vec<ScoreResult>,
}

/// Where a scoring job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// It has executions left.
    Running,
    /// All of them have come to something.
    Completed,
    /// It was cancelled before that.
    Cancelled,
}

/// A scoring job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoringJob {
    /// The job.
    pub id: String,
    /// Where it stands.
    pub status: JobStatus,
    /// The graph whose executions it scores.
    pub graph_id: String,
    /// Only of this version.
    pub graph_version: Option<i32>,
    /// Only of this user.
    pub user_id: Option<String>,
    /// Only those created then or later.
    pub created_after: Option<Timestamp>,
    /// The model.
    pub model_name: String,
    /// Who serves it.
    pub provider: String,
    /// How many calls may be in flight at once.
    pub batch_size: u32,
    /// Whether executions that have a summary and a score are left alone.
    pub skip_existing: bool,
    /// SHA-256 of the prompts, in hexadecimal.
    pub prompt_hash: String,
    /// The finished executions that the job is about.
    pub total_executions: u64,
    /// Those that were scored or failed.
    pub processed_executions: u64,
    /// Those that were scored.
    pub successful_analytics: u64,
    /// Those whose scoring failed.
    pub failed_analytics: u64,
    /// Those that had a summary and a score already.
    pub skipped_executions: u64,
    /// The tokens that went into the model.
    pub prompt_tokens: u64,
    /// The tokens that came out of it.
    pub completion_tokens: u64,
    /// What they cost at list prices, in US dollars; null where those are not known.
    pub cost_usd: Option<f64>,
    /// Who asked for it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl ScoringJob {
    /// How many of its executions have come to something.
    pub const fn done(&self) -> u64 {
        self.processed_executions + self.skipped_executions
    }

    /// What it came to, with the results.
    pub fn report(&self, results: Vec<ScoreResult>) -> Report {
        // A sort would be some kilobytes more in a component.
        let (skipped, mut results): (Vec<_>, Vec<_>) = results
            .into_iter()
            .partition(|result| result.status == ResultStatus::Skipped);
        results.extend(skipped);
        Report {
            total_executions: self.total_executions,
            processed_executions: self.processed_executions,
            successful_analytics: self.successful_analytics,
            failed_analytics: self.failed_analytics,
            skipped_executions: self.skipped_executions,
            results,
        }
    }
}

/// A score and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Score {
    /// The score, 0 to 1.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub score: f64,
    /// What the run did, in a few sentences.
    pub summary_text: String,
    /// The model that said so.
    pub model_name: String,
    /// Who serves it.
    pub provider: String,
    /// SHA-256 of the prompts, in hexadecimal.
    pub prompt_hash: String,
    /// The tokens that went into the model; null where it did not say.
    pub prompt_tokens: Option<u64>,
    /// The tokens that came out of it.
    pub completion_tokens: Option<u64>,
    /// How long the call took that was answered, in milliseconds.
    pub latency_ms: u64,
    /// How many calls it took.
    pub tries: u32,
    /// The job.
    pub job_id: String,
    /// When it was stored.
    pub created_at: Timestamp,
}
