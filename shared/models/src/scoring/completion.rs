//! Reading what a provider sends: a chat completion in every form in which providers give one, or an error.

use serde_json::Value;

use super::Verdict;

/// What is part of the code or the type of an error that another try may not meet again.
const PASSING: [&str; 5] = ["rate_limit", "overloaded", "server_error", "timeout", "unavailable"];

/// The tokens of a call, where the provider said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Those that went in.
    pub prompt: Option<u32>,
    /// Those that came out.
    pub completion: Option<u32>,
}

/// A chat completion.
#[derive(Debug, PartialEq)]
pub struct Completion {
    /// What the model said, or why that is nothing.
    pub verdict: Result<Verdict, String>,
    /// What it took.
    pub tokens: Tokens,
}

/// A provider's error, whatever the HTTP status was that it came with.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ProviderError {
    /// The HTTP status that it names.
    pub code: Option<u16>,
    /// Whether its words say that another try may help.
    pub may_pass: bool,
    /// The provider's words.
    pub message: String,
}

impl Completion {
    /// Reads the body of a response that says that all went well.
    pub fn read(body: &str) -> Result<Self, ProviderError> {
        let mut parts = Parts::default();
        match serde_json::from_str::<Value>(body) {
            Ok(whole) => parts.add(&whole)?,
            // A stream that nobody asked for.
            Err(error) => {
                let mut event = String::new();
                for line in body.lines().chain([""]) {
                    if let Some(data) = line.strip_prefix("data:") {
                        event.push_str(data);
                        parts.is_stream = true;
                    } else if line.is_empty()
                        && let Ok(chunk) = serde_json::from_str::<Value>(&std::mem::take(&mut event))
                    {
                        parts.add(&chunk)?;
                    }
                }
                if !parts.is_stream {
                    let verdict = Err(format!("the model's answer is not a chat completion: {error}"));
                    return Ok(Self {
                        verdict,
                        tokens: Tokens::default(),
                    });
                }
            }
        }
        Ok(Self {
            tokens: parts.tokens,
            verdict: parts.verdict(),
        })
    }
}

/// What has been gathered of a completion.
#[derive(Default)]
struct Parts {
    is_stream: bool,
    has_choice: bool,
    content: String,
    reasoning: String,
    refusal: String,
    finish_reason: String,
    tokens: Tokens,
}

impl Parts {
    /// Adds a whole completion, or a chunk of one.
    fn add(&mut self, part: &Value) -> Result<(), ProviderError> {
        let choice = &part["choices"][0];
        for holder in [part, choice] {
            if let Some(error) = ProviderError::of(holder)
                && (!error.message.is_empty() || choice.is_null())
            {
                return Err(error);
            }
        }
        // Whatever it looks like, it is no reason to lose an answer.
        let usage = &part["usage"];
        let tokens = Tokens {
            prompt: count(&usage["prompt_tokens"]).or_else(|| count(&usage["input_tokens"])),
            completion: count(&usage["completion_tokens"]).or_else(|| count(&usage["output_tokens"])),
        };
        self.tokens.prompt = tokens.prompt.or(self.tokens.prompt);
        self.tokens.completion = tokens.completion.or(self.tokens.completion);
        let message = ["message", "delta"].iter().find_map(|name| choice.get(name));
        if let Some(message) = message {
            self.has_choice = true;
            add_text(&mut self.content, &message["content"]);
            add_text(&mut self.refusal, &message["refusal"]);
            let reasoning = ["reasoning_content", "reasoning"]
                .iter()
                .find_map(|name| message.get(name));
            add_text(&mut self.reasoning, reasoning.unwrap_or_default());
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            reason.clone_into(&mut self.finish_reason);
        }
        Ok(())
    }

    fn verdict(&self) -> Result<Verdict, String> {
        if !self.has_choice {
            return Err("the model's answer has no choices".to_owned());
        }
        if !self.refusal.is_empty() {
            return Err(format!("the model refused: {}", self.refusal));
        }
        if self.finish_reason == "content_filter" {
            return Err("the provider filtered the model's answer".to_owned());
        }
        let is_cut = self.finish_reason == "length";
        // Some servers take the whole answer for reasoning; but what was cut off there was on its way to one.
        let is_reasoning = self.content.trim().is_empty() && !is_cut;
        let verdict = Verdict::read(if is_reasoning { &self.reasoning } else { &self.content });
        if verdict.is_err() && is_cut {
            return Err("the model's answer was cut off at its most tokens".to_owned());
        }
        verdict
    }
}

impl ProviderError {
    /// The error that a body holds, if it holds one.
    pub fn of(holder: &Value) -> Option<Self> {
        let error = match holder.get("error")? {
            Value::Null | Value::Bool(false) => return None,
            Value::String(text) if text.is_empty() => return None,
            Value::Object(fields) if fields.is_empty() => return None,
            error => error,
        };
        let find = |name: &str| {
            let found = [error.get(name), holder.get(name)];
            found.into_iter().flatten().find(|found| !found.is_null())
        };
        let code = ["code", "status", "status_code"]
            .into_iter()
            .filter_map(find)
            .find_map(|code| {
                let code = code.as_u64().or_else(|| code.as_str()?.parse().ok())?;
                u16::try_from(code).ok().filter(|code| (400..600).contains(code))
            });
        let is_passing = |kind: &Value| {
            kind.as_str()
                .is_some_and(|kind| PASSING.iter().any(|word| kind.contains(word)))
        };
        let words = error.as_str().or_else(|| find("message")?.as_str());
        Some(Self {
            code,
            may_pass: ["code", "type"].into_iter().filter_map(find).any(is_passing),
            message: words.unwrap_or_default().to_owned(),
        })
    }
}

/// Adds a text, or the texts of a list of parts. What a model thinks in between is left out.
fn add_text(text: &mut String, content: &Value) {
    match content {
        Value::String(more) => text.push_str(more),
        Value::Array(parts) => {
            for part in parts {
                add_text(text, part);
            }
        }
        Value::Object(fields) => match fields.get("text").or_else(|| fields.get("value")) {
            Some(more) => add_text(text, more),
            // An answer that somebody has parsed already.
            None if !fields.contains_key("type") => text.push_str(&content.to_string()),
            None => {}
        },
        _ => {}
    }
}

/// A number of tokens, as a number or as text. What none can be is not known.
fn count(given: &Value) -> Option<u32> {
    const MAX_TOKENS: f64 = i32::MAX as f64;
    let number = given.as_f64().or_else(|| given.as_str()?.trim().parse().ok())?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is within the bounds"
    )]
    (0.0..=MAX_TOKENS).contains(&number).then(|| number.round() as u32)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ANSWER: &str = r#"{"activity_status":"I ran.","correctness_score":0.5}"#;
    const DRAFT: &str = r#"{"activity_status":"I ran.","correctness_score":0.1}"#;

    fn message(message: &Value) -> Value {
        json!({ "choices": [{ "message": message, "finish_reason": "stop" }] })
    }

    fn verdict() -> Verdict {
        Verdict {
            summary: "I ran.".to_owned(),
            score: 0.5,
        }
    }

    #[test]
    fn completions_are_read_in_every_form() {
        let thinking = json!({ "type": "thinking", "thinking": [{ "type": "text", "text": DRAFT }] });
        for body in [
            message(&json!({ "content": ANSWER, "refusal": null })),
            message(&json!({ "content": ANSWER, "reasoning_content": DRAFT })),
            message(&json!({ "content": [{ "type": "text", "text": ANSWER }] })),
            message(&json!({ "content": [thinking, { "type": "text", "text": &ANSWER[..20] }, &ANSWER[20..]] })),
            message(&json!({ "content": [{ "type": "text", "text": { "value": ANSWER } }] })),
            message(&json!({ "content": { "activity_status": "I ran.", "correctness_score": "50%" } })),
            message(&json!({ "content": "", "reasoning_content": ANSWER })),
            message(&json!({ "content": null, "reasoning": format!("Perhaps {DRAFT}. No: {ANSWER}") })),
            message(&json!({ "content": " \n", "reasoning_content": format!("<think>{DRAFT}</think>{ANSWER}") })),
            json!({ "error": null, "choices": [{ "message": { "content": ANSWER } }] }),
            json!({ "error": { "message": "", "code": 0 }, "choices": [{ "message": { "content": ANSWER } }] }),
            json!({ "choices": [{ "message": { "content": ANSWER }, "finish_reason": "length" }] }),
        ] {
            let read = Completion::read(&body.to_string()).unwrap();
            assert_eq!(read.verdict, Ok(verdict()), "{body}");
        }
    }

    #[test]
    fn streams_that_nobody_asked_for_are_read() {
        let chunk = |delta: &Value| format!("data: {}\n\n", json!({ "choices": [{ "delta": delta }] }));
        let usage = json!({ "choices": [], "usage": { "prompt_tokens": 7, "completion_tokens": 3 } });
        let text: String = [
            ": OPENROUTER PROCESSING\n\n".to_owned(),
            chunk(&json!({ "role": "assistant", "content": null, "reasoning_content": DRAFT })),
            chunk(&json!({ "content": &ANSWER[..9] })),
            chunk(&json!({ "content": &ANSWER[9..] })),
            "event: message\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".to_owned(),
            format!("data:{usage}\n\n"),
            "data: [DONE]\n\n".to_owned(),
        ]
        .concat();
        for text in [text.clone(), text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
            let read = Completion::read(&text).unwrap();
            assert_eq!(read.verdict, Ok(verdict()), "{text}");
            assert_eq!((read.tokens.prompt, read.tokens.completion), (Some(7), Some(3)));
        }
        let gone = "data: {\"error\":{\"code\":502,\"message\":\"gone\"}}\n\n";
        let broken = text.replace("event: message\n", gone);
        assert_ne!(broken, text);
        let error = Completion::read(&broken).unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (Some(502), "gone"));
    }

    #[test]
    fn a_score_is_never_lost_for_its_usage() {
        for (usage, prompt, completion) in [
            (
                json!({ "prompt_tokens": 1000, "completion_tokens": 50 }),
                Some(1000),
                Some(50),
            ),
            (
                json!({ "prompt_tokens": 1000.0, "completion_tokens": 49.6 }),
                Some(1000),
                Some(50),
            ),
            (
                json!({ "prompt_tokens": "1000", "completion_tokens": " 50.0 " }),
                Some(1000),
                Some(50),
            ),
            (
                json!({ "input_tokens": 1000, "output_tokens": 50 }),
                Some(1000),
                Some(50),
            ),
            (json!({ "prompt_tokens": null, "completion_tokens": -1 }), None, None),
            (
                json!({ "prompt_tokens": 1e300, "completion_tokens": 3_000_000_000_u32 }),
                None,
                None,
            ),
            (json!({ "prompt_tokens": "many", "completion_tokens": {} }), None, None),
            (json!(null), None, None),
            (json!("none"), None, None),
            (json!([1, 2]), None, None),
            (json!(1.5), None, None),
        ] {
            let mut body = message(&json!({ "content": ANSWER }));
            body["usage"] = usage.clone();
            let read = Completion::read(&body.to_string()).unwrap();
            assert_eq!(read.verdict, Ok(verdict()), "{usage}");
            assert_eq!(
                (read.tokens.prompt, read.tokens.completion),
                (prompt, completion),
                "{usage}"
            );
        }
    }

    #[test]
    fn errors_keep_the_words_of_the_provider() {
        for (body, code, may_pass, words) in [
            (
                json!({ "error": { "message": "insufficient credits", "code": 402 } }),
                Some(402),
                false,
                "insufficient credits",
            ),
            (
                json!({ "error": { "message": "slow down", "code": "429" } }),
                Some(429),
                false,
                "slow down",
            ),
            (
                json!({ "error": { "message": "slow down", "code": "rate_limit_exceeded" } }),
                None,
                true,
                "slow down",
            ),
            (
                json!({ "error": { "message": "busy", "type": "overloaded_error", "code": null } }),
                None,
                true,
                "busy",
            ),
            (
                json!({ "error": "model 'x' not found" }),
                None,
                false,
                "model 'x' not found",
            ),
            (json!({ "error": { "code": 500 } }), Some(500), false, ""),
            (
                json!({ "error": true, "message": "no", "status": 503 }),
                Some(503),
                false,
                "no",
            ),
            (
                json!({ "choices": [{ "error": { "code": 502, "message": "gone" }, "message": { "content": "" } }] }),
                Some(502),
                false,
                "gone",
            ),
        ] {
            let error = Completion::read(&body.to_string()).unwrap_err();
            assert_eq!(
                (error.code, error.may_pass, error.message.as_str()),
                (code, may_pass, words),
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_no_answer_is_told() {
        let cut =
            json!({ "choices": [{ "message": { "content": "", "reasoning": DRAFT }, "finish_reason": "length" }] });
        let filtered = json!({ "choices": [{ "message": { "content": ANSWER }, "finish_reason": "content_filter" }] });
        for (body, why) in [
            ("<html>Welcome!</html>".to_owned(), "not a chat completion"),
            (String::new(), "not a chat completion"),
            ("{}".to_owned(), "no choices"),
            ("[]".to_owned(), "no choices"),
            ("data: [DONE]\n\n".to_owned(), "no choices"),
            (r#"{"choices":[]}"#.to_owned(), "no choices"),
            (cut.to_string(), "cut off"),
            (filtered.to_string(), "filtered"),
            (
                message(&json!({ "content": null, "refusal": "No." })).to_string(),
                "refused: No.",
            ),
            (
                message(&json!({ "content": format!("<think>{DRAFT}</think>") })).to_string(),
                "nothing but thinking",
            ),
            (
                message(&json!({ "content": [{ "type": "thinking", "thinking": DRAFT }] })).to_string(),
                "no JSON object",
            ),
            (message(&json!({ "content": 7 })).to_string(), "no JSON object"),
        ] {
            let why_not = Completion::read(&body).unwrap().verdict.unwrap_err();
            assert!(why_not.contains(why), "{body}: {why_not}");
        }
    }
}
