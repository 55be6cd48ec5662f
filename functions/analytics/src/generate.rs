//! `POST /api/executions/admin/execution_analytics`.

use std::rc::Rc;

use http::{Method, StatusCode};
use runledger_llm::{Choice, NoChoice, choose, prompt_hash};
use runledger_models::{
    Bounded, Id, Timestamp,
    bounded::VersionNumber,
    scoring::{DEFAULT_SYSTEM_PROMPT, DEFAULT_USER_PROMPT, RECOMMENDED_MODEL, Report, ScoreResult, ScoringJob},
};
use runledger_store::scoring::{self, NewJob};
use runledger_web::{
    AdminOnly, Call, Content, Endpoint, JsonBody, NoParams, Payload, Problem, ProblemDocument, Reply, Stream,
    named_scope, sse,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{follow, form::Form, worker::Worker};

const DEFAULT_BATCH_SIZE: u32 = 10;
type BatchSize = Bounded<1, 25>;
const DATA: &str = "{{EXECUTION_DATA}}";
const MAX_PROMPT: usize = 100_000;
/// The most executions of a request that waits for its report; more are for the background.
const MAX_AT_ONCE: u32 = 1_000;

/// Which executions are scored, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "graph_id": "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
    "model_name": "gpt-4o-mini",
    "batch_size": 10,
    "created_after": "2026-01-02T03:04:05.678Z"
}))]
pub(crate) struct ExecutionAnalyticsRequest {
    /// The graph whose finished executions are scored.
    graph_id: Id,
    /// Only those of this version. Versions count from 1: of 0 there are none.
    graph_version: Option<VersionNumber>,
    /// Only those of this user.
    user_id: Option<Id>,
    /// Only those created then or later.
    created_after: Option<Timestamp>,
    /// The model: one of the configuration's, or `provider/name`, any model of a provider that takes any (such as
    /// `ollama/qwen3`). Where the operator has set one such provider, the name alone will do.
    #[schema(default = "gpt-4o-mini")]
    model_name: Option<String>,
    /// How many calls may be in flight at once.
    #[schema(default = 10)]
    batch_size: Option<BatchSize>,
    /// What the model is told to do; the configuration's without it.
    #[schema(max_length = 100_000)]
    system_prompt: Option<String>,
    /// How a run is put to it, with `{{GRAPH_NAME}}` and `{{EXECUTION_DATA}}`; the configuration's without it.
    #[schema(max_length = 100_000)]
    user_prompt: Option<String>,
    /// Whether executions that have a summary and a score are left alone.
    #[schema(default = true)]
    skip_existing: Option<bool>,
}

/// What an event says of a job that goes on.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what `follow` writes")]
pub(crate) enum ScoringEvent {
    /// `progress`: another result.
    Progress {
        /// How many there are now.
        done: u32,
        /// How many there are to be.
        total_executions: u64,
        /// The result.
        result: ScoreResult,
    },
    /// `report`: all of them. The last event.
    Report(Report),
    /// `problem`, instead of the report: why there is none. The job stays, and so do its results.
    Problem(ProblemDocument),
}

/// The answer, in the [`Form`] that was asked for.
pub(crate) enum Generated {
    /// The report, written when the work is done; the response begins before.
    Whole(Stream),
    /// Server-sent events as it goes on, of which the last is the report.
    Streamed(Stream),
    /// 202: the job, while it goes on by itself.
    Later(Box<ScoringJob>),
}

impl Payload for Generated {
    const CONTENT_TYPE: Option<&'static str> = Some("application/json");

    fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Whole(_) | Self::Later(_) => Self::CONTENT_TYPE,
            Self::Streamed(_) => Some(sse::CONTENT_TYPE),
        }
    }

    fn status(&self) -> Option<StatusCode> {
        matches!(self, Self::Later(_)).then_some(StatusCode::ACCEPTED)
    }

    fn into_content(self) -> Result<Content, Problem> {
        match self {
            Self::Whole(stream) | Self::Streamed(stream) => Ok(Content::Streamed(stream)),
            Self::Later(job) => (*job).into_content(),
        }
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema(
        document: &mut runledger_web::openapi::Document,
    ) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
        Some(document.schema::<Report>())
    }

    #[cfg(not(target_family = "wasm"))]
    fn others(document: &mut runledger_web::openapi::Document) -> Vec<runledger_web::openapi::Other> {
        let job = document.schema::<ScoringJob>();
        let event = document.event::<ScoringEvent>(&["progress", "report", "problem"]);
        vec![
            (StatusCode::OK, Some((sse::CONTENT_TYPE, event))),
            (StatusCode::ACCEPTED, Some(("application/json", job))),
        ]
    }
}

/// Scores executions.
pub(crate) struct GenerateAnalytics;

impl Endpoint for GenerateAnalytics {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/executions/admin/execution_analytics";
    const SUMMARY: &'static str = "Have finished executions scored by a language model: up to 1,000 while one waits, any number in the background";
    type Access = AdminOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = (Form, JsonBody<ExecutionAnalyticsRequest>);
    type Reply = Generated;

    async fn handle(call: Call<Self>) -> Result<Reply<Self::Reply>, Problem> {
        let (form, JsonBody(asked)) = call.body;
        check(&asked)?;
        let name = asked.model_name.as_deref().unwrap_or(RECOMMENDED_MODEL);
        let Choice { model, provider } = choose(name).await.map_err(|why| match why {
            NoChoice::Unknown => Problem::invalid_at(
                "/model_name",
                "is not a model that can be asked; GET /api/executions/admin/execution_analytics/config lists them, and \
                 `provider/name` is any model of a provider that takes any, such as `ollama/qwen3`",
            ),
            NoChoice::NotConfigured(why) => {
                call.ledger.log().error(&why);
                Problem::not_configured(why)
            }
        })?;
        let scope = named_scope(&call.who, asked.user_id.as_ref(), "/user_id")?;
        let system = given(asked.system_prompt.as_ref()).unwrap_or(DEFAULT_SYSTEM_PROMPT);
        let user = given(asked.user_prompt.as_ref()).unwrap_or(DEFAULT_USER_PROMPT);
        let new = NewJob {
            graph_id: &asked.graph_id,
            graph_version: asked.graph_version.map(Bounded::get),
            created_after: asked.created_after,
            model: &model.value,
            provider: &provider,
            batch_size: asked.batch_size.map_or(DEFAULT_BATCH_SIZE, Bounded::get),
            skip_existing: asked.skip_existing.unwrap_or(true),
            system_prompt: system,
            user_prompt: user,
            prompt_hash: &prompt_hash(system, user),
            created_by: call.who.subject().as_str(),
            most: (form != Form::Later).then_some(MAX_AT_ONCE),
        };
        let made = call.ledger.write(scoring::create(&scope, &new)).await?;
        let replayed = made.replayed;
        // A replay of one that was made for the background.
        if form != Form::Later && made.value.total_executions > u64::from(MAX_AT_ONCE) {
            return Err(Problem::invalid_at(
                "",
                format!("has more than {MAX_AT_ONCE} executions; send `Prefer: respond-async`"),
            ));
        }
        let job = Id::parse(&made.value.id).map_err(|error| Problem::internal(error.to_string()))?;
        let worker = Worker::start(Rc::new(call.ledger.into_db()), call.config.bus.clone(), job.clone());
        let reply = match form {
            Form::Later => {
                let at = format!("{}/jobs/{job}", Self::PATH);
                return Ok(Reply::done(made.map(|job| Generated::Later(Box::new(job)))).at(&at));
            }
            Form::Streamed => Generated::Streamed(Stream::new(move |sink| follow::events(sink, worker, scope))),
            Form::Whole => Generated::Whole(Stream::new(move |sink| follow::report(sink, worker, scope))),
        };
        Ok(Reply::done(runledger_store::Done { value: reply, replayed }))
    }
}

/// Checks all of a request but its model.
fn check(asked: &ExecutionAnalyticsRequest) -> Result<(), Problem> {
    for (pointer, prompt) in [
        ("/system_prompt", &asked.system_prompt),
        ("/user_prompt", &asked.user_prompt),
    ] {
        if prompt
            .as_ref()
            .is_some_and(|prompt| prompt.chars().count() > MAX_PROMPT)
        {
            return Err(Problem::invalid_at(
                pointer,
                format!("is longer than {MAX_PROMPT} characters"),
            ));
        }
    }
    if asked
        .user_prompt
        .as_ref()
        .is_some_and(|prompt| prompt.matches(DATA).count() > 1)
    {
        return Err(Problem::invalid_at(
            "/user_prompt",
            format!("has {DATA} more than once"),
        ));
    }
    Ok(())
}

/// An empty prompt is none.
fn given(prompt: Option<&String>) -> Option<&str> {
    prompt.map(String::as_str).filter(|prompt| !prompt.trim().is_empty())
}
