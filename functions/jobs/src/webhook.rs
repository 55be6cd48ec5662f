//! Posting a message to the operator's webhook, in the form that Slack or Discord takes.

use std::{pin::pin, time::Duration};

use bytes::Bytes;
use futures::future::{Either, select};
use http_body_util::Full;
use runledger_logging::Trace;
use spin_sdk::{http, time, wasip3::http::types::ErrorCode};

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait before each further try.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// Posts a text. Tries again what may work another time: no answer, 429 and 5xx.
pub(crate) async fn post(url: &str, text: &str, trace: &Trace) -> Result<(), String> {
    let body = message(url, text);
    let mut pauses = PAUSES.into_iter();
    loop {
        let why = match attempt(url, body.clone(), trace).await {
            Ok(status) if status.is_success() => return Ok(()),
            Ok(status) if !status.is_server_error() && status != http::StatusCode::TOO_MANY_REQUESTS => {
                return Err(format!("it answered {status}"));
            }
            Ok(status) => format!("it answered {status}"),
            Err(why) => why,
        };
        let Some(pause) = pauses.next() else {
            return Err(why);
        };
        time::sleep(pause).await;
    }
}

async fn attempt(url: &str, body: Bytes, trace: &Trace) -> Result<http::StatusCode, String> {
    // The URL is a secret: it must not get into a message for the log.
    let request = ::http::Request::post(url)
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .header("traceparent", trace.parent())
        .body(Full::new(body))
        .map_err(|_| "its URL cannot be used".to_owned())?;
    match select(pin!(http::send(request)), pin!(time::sleep(PATIENCE))).await {
        Either::Left((answer, _)) => answer.map(|answer| answer.status()).map_err(|error| match error {
            ErrorCode::HttpRequestDenied => {
                "the application may not call its host: set the variable alert_webhook_host to \
                the scheme and host of alert_webhook_url"
                    .to_owned()
            }
            error => error.to_string(),
        }),
        Either::Right(_) => Err(format!("no answer within {PATIENCE:?}")),
    }
}

/// The body: Discord reads `content`, up to 2,000 characters; Slack, and those that are like it, `text`.
fn message(url: &str, text: &str) -> Bytes {
    let host = url
        .split("://")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default();
    let is_discord = ["discord.com", "discordapp.com"]
        .iter()
        .any(|name| host == *name || host.ends_with(&format!(".{name}")));
    let body = if is_discord {
        let text: String = text.chars().take(2_000).collect();
        serde_json::json!({ "content": text })
    } else {
        serde_json::json!({ "text": text })
    };
    Bytes::from(body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discord_gets_content_and_others_text() {
        for (url, body) in [
            ("https://discord.com/api/webhooks/1/x", r#"{"content":"a"}"#),
            ("https://canary.discord.com/api/webhooks/1/x", r#"{"content":"a"}"#),
            ("https://hooks.slack.com/services/x", r#"{"text":"a"}"#),
            ("https://notdiscord.com/x", r#"{"text":"a"}"#),
        ] {
            assert_eq!(message(url, "a"), body, "{url}");
        }
        assert!(message("https://discord.com/x", &"a".repeat(3_000)).len() < 2_100);
    }
}
