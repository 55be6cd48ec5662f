//! Scoring runs with a language model (seed `execution_analytics_routes.py`): which models there are, what they are
//! asked, how their answers are read, and what a scoring job comes to.

mod answer;
mod catalog;
mod completion;
mod label;
mod mask;
mod prompt;
mod report;

pub use answer::{MAX_ANSWER_BYTES, Verdict};
pub use catalog::{Catalog, Model, ModelInfo, Provider, RECOMMENDED_MODEL};
pub use completion::{Completion, ProviderError, Tokens};
pub use mask::mask;
pub use prompt::{
    Case, DEFAULT_SYSTEM_PROMPT, DEFAULT_USER_PROMPT, JSON_INSTRUCTION, Link, NodeSample, Templates, Value, schema,
};
pub use report::{JobStatus, Report, ResultStatus, Score, ScoreResult, ScoringJob};
