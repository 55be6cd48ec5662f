//! The demo's conversation with the application: as the executor, by its API.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// The application, asked with a service's token.
#[derive(Debug, Clone)]
pub(super) struct Api {
    agent: Agent,
    url: String,
    token: String,
}

impl Api {
    pub(super) fn new(url: &str, token: String) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE));
        Self {
            agent: config.build().into(),
            url: url.to_owned(),
            token,
        }
    }

    /// Sends a request for `user`, and insists on its success. What it answers, null for nothing.
    pub(super) fn send(&self, method: &Method, path: &str, user: Option<&str>, body: Option<&Value>) -> Result<Value> {
        self.send_text(method, path, user, body.map(Value::to_string))
    }

    /// The same with a body that is JSON already.
    pub(super) fn send_text(
        &self,
        method: &Method,
        path: &str,
        user: Option<&str>,
        body: Option<String>,
    ) -> Result<Value> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("Authorization", format!("Bearer {}", self.token));
        if let Some(user) = user {
            request = request.header("X-User-Id", user);
        }
        let answer = match body {
            Some(body) => {
                let request = request.header("Content-Type", "application/json");
                self.agent.run(request.body(body)?)
            }
            None => self.agent.run(request.body(())?),
        };
        let mut answer = answer.with_context(|| format!("{method} {path}"))?;
        let text = answer.body_mut().read_to_string()?;
        if !answer.status().is_success() {
            bail!("{method} {path} was answered {}: {text}", answer.status());
        }
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("read the answer to {method} {path}"))
    }

    pub(super) fn post(&self, path: &str, user: Option<&str>, body: &Value) -> Result<Value> {
        self.send(&Method::POST, path, user, Some(body))
    }

    pub(super) fn put(&self, path: &str, user: Option<&str>, body: &Value) -> Result<Value> {
        self.send(&Method::PUT, path, user, Some(body))
    }

    pub(super) fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(&Method::PATCH, path, None, Some(body))
    }
}

/// The text at a pointer of an answer.
pub(super) fn text_at(answer: &Value, pointer: &str) -> Result<String> {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    text.map(ToOwned::to_owned)
        .with_context(|| format!("an answer has no {pointer}: {answer}"))
}
