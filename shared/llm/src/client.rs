//! Calls to a language model, by OpenAI's chat completions.

use std::{
    cell::Cell,
    pin::pin,
    time::{Instant, SystemTime},
};

use bytes::{Bytes, BytesMut};
use futures::future::{Either, select};
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use runledger_logging::Trace;
use runledger_models::scoring::{JSON_INSTRUCTION, MAX_ANSWER_BYTES, Model, Verdict, mask, schema};
use runledger_store::scoring::Usage;
use serde::Deserialize;
use serde_json::json;
use spin_sdk::{http as spin_http, time::sleep};

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
    pause: Option<std::time::Duration>,
    body: Bytes,
}

/// Why a call did not come to an answer.
enum Failure {
    /// Another try may help.
    Passing(String),
    /// None will.
    Lasting(String),
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
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
            let (why, wanted) = match response {
                Ok(response) if response.status.is_success() => {
                    // Until the answer says what was used, the cost is not known.
                    usage.cost_usd = None;
                    let verdict = self.read(&response.body, &mut usage);
                    return (verdict.map_err(|why| shown(&why)), usage);
                }
                Ok(response) if with_schema && refuses_schemas(&response) => {
                    self.takes_schema.set(false);
                    // Nobody has been asked yet.
                    usage.tries -= 1;
                    continue;
                }
                Ok(response) => {
                    let why = told(&response, &self.settings.key);
                    if !may_pass(response.status) {
                        return (Err(why), usage);
                    }
                    (why, response.pause)
                }
                Err(Failure::Passing(why)) => (why, None),
                Err(Failure::Lasting(why)) => return (Err(why), usage),
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
            Either::Right(_) => Err(Failure::Passing(format!(
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
        let response = spin_http::send(request)
            .await
            .map_err(|error| Failure::Passing(format!("the model cannot be reached: {error}")))?;
        let status = response.status();
        let pause = retry_after(response.headers(), SystemTime::now());
        let mut body = response.into_body();
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Failure::Passing(format!("the model's answer broke off: {error}")))?;
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

    fn read(&self, body: &[u8], usage: &mut Usage) -> Result<Verdict, String> {
        let completion: Completion = serde_json::from_slice(body)
            .map_err(|error| format!("the model's answer is not a chat completion: {error}"))?;
        if let Some(tokens) = completion.usage {
            usage.prompt_tokens = tokens.prompt_tokens;
            usage.completion_tokens = tokens.completion_tokens;
            usage.cost_usd = self.model.cost_usd(
                tokens.prompt_tokens.unwrap_or_default().into(),
                tokens.completion_tokens.unwrap_or_default().into(),
            );
        }
        let choice = completion.choices.into_iter().next();
        let Choice { message, finish_reason } = choice.ok_or("the model's answer has no choices")?;
        if let Some(refusal) = message.refusal.filter(|refusal| !refusal.is_empty()) {
            return Err(format!("the model refused: {}", shown(&refusal)));
        }
        match finish_reason.as_deref() {
            Some("length") => return Err("the model's answer was cut off at its most tokens".to_owned()),
            Some("content_filter") => return Err("the provider filtered the model's answer".to_owned()),
            _ => {}
        }
        let content = message.content.unwrap_or_default();
        Verdict::read(&content)
    }
}

/// Whether the same request may be answered another time.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

/// Whether it is the schema that the provider does not like.
fn refuses_schemas(response: &Response) -> bool {
    let is_refusal = matches!(
        response.status,
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::NOT_IMPLEMENTED
    );
    let text = String::from_utf8_lossy(&response.body).to_lowercase();
    is_refusal
        && ["response_format", "json_schema", "schema", "structured output"]
            .iter()
            .any(|word| text.contains(word))
}

/// What a provider says of a call that it does not serve.
fn told(response: &Response, key: &str) -> String {
    let text = String::from_utf8_lossy(&response.body);
    let message = serde_json::from_str::<serde_json::Value>(&text).ok().and_then(|body| {
        let error = &body["error"];
        let message = error["message"]
            .as_str()
            .or(error.as_str())
            .or(body["message"].as_str());
        message.map(str::to_owned)
    });
    let message = message.unwrap_or_else(|| text.into_owned());
    // Whatever the key looks like.
    let message = if key.is_empty() {
        message
    } else {
        message.replace(key, "[secret]")
    };
    let message = shown(&message);
    if message.is_empty() {
        format!("the provider answered {}", response.status)
    } else {
        format!("the provider answered {}: {message}", response.status)
    }
}

/// Somebody else's words: short, and without secrets.
fn shown(text: &str) -> String {
    mask(text.trim())
        .chars()
        .filter(|letter| !letter.is_control())
        .take(SHOWN)
        .collect()
}
