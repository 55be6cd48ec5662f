//! Calls to a language model, by OpenAI's chat completions.

use std::{
    cell::Cell,
    pin::pin,
    time::{Duration, Instant, SystemTime},
};

use bytes::{Bytes, BytesMut};
use futures::future::{Either, select};
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use runledger_logging::Trace;
use runledger_models::scoring::{
    Completion, JSON_INSTRUCTION, MAX_ANSWER_BYTES, Model, ProviderError, Verdict, mask, schema,
};
use runledger_store::scoring::Usage;
use serde_json::json;
use spin_sdk::{http as spin_http, time::sleep, wasip3::http::types::ErrorCode};

use crate::{
    Settings,
    retry::{LONGEST_PAUSE, TRIES, pause, retry_after},
};

/// The most characters of a provider's words that are kept.
const SHOWN: usize = 300;

/// A model that can be called.
pub(crate) struct Client {
    settings: Settings,
    model: Model,
    /// What the calls are part of.
    trace: Trace,
    /// Whether it takes a schema for its answers. Found out by trying.
    takes_schema: Cell<bool>,
}

/// An HTTP response.
struct Response {
    status: StatusCode,
    pause: Option<Duration>,
    body: Bytes,
}

/// Why a call did not come to an answer.
enum Failure {
    /// Another try may help, after the time that the provider asks for.
    Passing(String, Option<Duration>),
    /// None will, unless it asks for no schema.
    Schema(String),
    /// None will.
    Lasting(String),
}

impl Client {
    pub(crate) const fn new(settings: Settings, model: Model, trace: Trace) -> Self {
        Self {
            settings,
            model,
            trace,
            takes_schema: Cell::new(true),
        }
    }

    /// The most bytes of a run's data in a prompt.
    pub(crate) const fn budget(&self) -> usize {
        self.settings.budget
    }

    /// Puts a run to the model: what it says, or why there is nothing; and what that took.
    pub(crate) async fn ask(&self, system: &str, user: &str) -> (Result<Verdict, String>, Usage) {
        let mut usage = Usage {
            cost_usd: Some(0.0),
            ..Usage::default()
        };
        loop {
            usage.tries += 1;
            let with_schema = self.takes_schema.get();
            let began = Instant::now();
            let response = self.call(self.body(system, user, with_schema)).await;
            usage.latency_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
            let (why, wanted) = match response.and_then(|response| read(&response)) {
                Ok(completion) => {
                    usage.prompt_tokens = completion.tokens.prompt;
                    usage.completion_tokens = completion.tokens.completion;
                    usage.cost_usd = self.model.cost_usd(usage.prompt_tokens, usage.completion_tokens);
                    return (completion.verdict.map_err(|why| self.shown(&why)), usage);
                }
                Err(Failure::Schema(_)) if with_schema => {
                    self.takes_schema.set(false);
                    // Nobody has been asked yet.
                    usage.tries -= 1;
                    continue;
                }
                Err(Failure::Passing(why, wanted)) => (self.shown(&why), wanted),
                Err(Failure::Schema(why) | Failure::Lasting(why)) => return (Err(self.shown(&why)), usage),
            };
            if usage.tries >= TRIES {
                return (Err(format!("{why} (after {TRIES} tries)")), usage);
            }
            if let Some(wanted) = wanted.filter(|wanted| *wanted > LONGEST_PAUSE) {
                let why = format!("{why} (and asks to be left alone for {} s)", wanted.as_secs());
                return (Err(why), usage);
            }
            let random = getrandom::u32().unwrap_or_default();
            // Not all at once at the end of what was asked for.
            let ours = pause(usage.tries, random);
            sleep(wanted.map_or(ours, |wanted| ours.max(wanted + ours / 10))).await;
        }
    }

    fn body(&self, system: &str, user: &str, with_schema: bool) -> Bytes {
        // In words too: some providers pass over a schema without a word.
        let system = format!("{system}\n\n{JSON_INSTRUCTION}");
        let mut body = json!({
            "model": self.model.value,
            "messages": [
                { "role": "system", "content": system },
                { "role": "user", "content": user },
            ],
        });
        if with_schema {
            body["response_format"] = json!({
                "type": "json_schema",
                "json_schema": { "name": "run_review", "strict": true, "schema": schema() },
            });
        }
        Bytes::from(body.to_string())
    }

    /// One call, from the connection to the last byte within the time that it may take.
    async fn call(&self, body: Bytes) -> Result<Response, Failure> {
        match select(pin!(self.exchange(body)), pin!(sleep(self.settings.timeout))).await {
            Either::Left((response, _)) => response,
            Either::Right(_) => Err(passing(format!(
                "the model did not answer within {} s",
                self.settings.timeout.as_secs()
            ))),
        }
    }

    async fn exchange(&self, body: Bytes) -> Result<Response, Failure> {
        let mut request = http::Request::post(&self.settings.url)
            .header("content-type", "application/json")
            .header("content-length", body.len())
            .header("traceparent", self.trace.parent());
        if !self.trace.state().is_empty() {
            request = request.header("tracestate", self.trace.state());
        }
        if !self.settings.key.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.settings.key));
        }
        let request = request
            .body(Full::new(body))
            // Whatever is wrong with it may hold the key.
            .map_err(|_| Failure::Lasting("the model's URL or key cannot be used".to_owned()))?;
        let response = spin_http::send(request).await.map_err(|error| match error {
            ErrorCode::HttpRequestDenied => {
                let host = &self.settings.host;
                let why = format!("the application may not call {host}: set the variable llm_host to {host}");
                Failure::Lasting(why)
            }
            error => passing(format!("the model cannot be reached: {error}")),
        })?;
        let status = response.status();
        let pause = retry_after(response.headers(), SystemTime::now());
        let mut body = response.into_body();
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| passing(format!("the model's answer broke off: {error}")))?;
            let Ok(data) = frame.into_data() else { continue };
            if whole.len() + data.len() > MAX_ANSWER_BYTES {
                return Err(Failure::Lasting(format!(
                    "the model's answer is larger than {MAX_ANSWER_BYTES} bytes"
                )));
            }
            whole.extend_from_slice(&data);
        }
        Ok(Response {
            status,
            pause,
            body: whole.freeze(),
        })
    }

    /// Somebody else's words: short, and without secrets, whatever those look like.
    fn shown(&self, text: &str) -> String {
        let key = &self.settings.key;
        let text = if key.is_empty() {
            text.to_owned()
        } else {
            text.replace(key, "[secret]")
        };
        mask(text.trim())
            .chars()
            .filter(|letter| !letter.is_control())
            .take(SHOWN)
            .collect()
    }
}

/// What a response comes to: an error is one whatever its status is.
fn read(response: &Response) -> Result<Completion, Failure> {
    let text = String::from_utf8_lossy(&response.body);
    let (status, error) = if response.status.is_success() {
        let error = match Completion::read(&text) {
            Ok(completion) => return Ok(completion),
            Err(error) => error,
        };
        (error.code.and_then(|code| StatusCode::from_u16(code).ok()), error)
    } else {
        let body = serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default();
        let error = ProviderError::of(&body).unwrap_or_else(|| ProviderError {
            message: body["message"].as_str().unwrap_or(&text).to_owned(),
            ..ProviderError::default()
        });
        (Some(response.status), error)
    };
    let answered = status.map_or_else(|| "an error".to_owned(), |status| status.to_string());
    let words = if error.message.is_empty() {
        String::new()
    } else {
        format!(": {}", error.message)
    };
    let why = format!("the provider answered {answered}{words}");
    Err(match status {
        _ if refuses_schemas(status, &text) => Failure::Schema(why),
        Some(status) if may_pass(status) => Failure::Passing(why, response.pause),
        None if error.may_pass => Failure::Passing(why, response.pause),
        _ => Failure::Lasting(why),
    })
}

const fn passing(why: String) -> Failure {
    Failure::Passing(why, None)
}

/// Whether the same request may be answered another time.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

/// Whether it is the schema that the provider does not like.
fn refuses_schemas(status: Option<StatusCode>, text: &str) -> bool {
    let is_refusal = matches!(
        status,
        None | Some(StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::NOT_IMPLEMENTED)
    );
    let text = text.to_lowercase();
    is_refusal
        && ["response_format", "json_schema", "schema", "structured output"]
            .iter()
            .any(|word| text.contains(word))
}
