//! What happened in the browser that should not: read from its log of the network and that of the console.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;
use url::Url;

/// Something that should not have happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// What the browser says of it.
    pub detail: String,
}

/// The kinds of what should not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An error or a warning on the console, be it the script's or the browser's own.
    Console,
    /// A request to another host.
    OtherHost,
    /// Something that the page's Content-Security-Policy forbids.
    Policy,
    /// An answer that says 500 or more, or 400 or more for a part of a page: what a page as a whole is answered with, such as
    /// 404, is for the test to look at.
    Status,
    /// A request without an answer.
    Failed,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Console => "on the console",
            Kind::OtherHost => "a request to another host",
            Kind::Policy => "against the Content-Security-Policy",
            Kind::Status => "an answer that is an error",
            Kind::Failed => "a request without an answer",
        };
        write!(formatter, "{kind}: {}", self.detail)
    }
}

/// What has been read so far.
pub(crate) struct Log {
    base: Url,
    /// The URLs of the requests, by their ids.
    requests: HashMap<String, String>,
}

impl Log {
    /// For the pages of this server.
    pub(crate) fn new(base: Url) -> Self {
        Self {
            base,
            requests: HashMap::new(),
        }
    }

    /// Reads further entries of both logs.
    pub(crate) fn read(&mut self, performance: &Value, console: &Value) -> Vec<Finding> {
        let mut findings = Vec::new();
        for entry in performance.as_array().into_iter().flatten() {
            let text = entry["message"].as_str().unwrap_or_default();
            let event: Value = serde_json::from_str(text).unwrap_or_default();
            let event = &event["message"];
            findings.extend(self.network(event["method"].as_str().unwrap_or_default(), &event["params"]));
        }
        findings.extend(console.as_array().into_iter().flatten().filter_map(said));
        findings
    }

    fn network(&mut self, method: &str, event: &Value) -> Option<Finding> {
        let id = event["requestId"].as_str().unwrap_or_default();
        let (kind, detail) = match method {
            "Network.requestWillBeSent" | "Network.webSocketCreated" => {
                let url = event["request"]["url"].as_str().or_else(|| event["url"].as_str())?;
                self.requests.insert(id.to_owned(), url.to_owned());
                if !self.is_elsewhere(url) {
                    return None;
                }
                (Kind::OtherHost, url.to_owned())
            }
            "Network.responseReceived" => {
                let status = event["response"]["status"].as_u64()?;
                let is_page = event["type"] == "Document";
                if status < if is_page { 500 } else { 400 } {
                    return None;
                }
                let url = event["response"]["url"].as_str().unwrap_or_default();
                (Kind::Status, format!("{status} for {url}"))
            }
            "Network.loadingFailed" => {
                // Else it is the browser's own, or was told before.
                let url = self.requests.get(id)?;
                let blocked = event["blockedReason"].as_str();
                // The page went away, or changed its mind; and what went elsewhere has been told.
                if blocked.is_none() && (event["canceled"] == true || self.is_elsewhere(url)) {
                    return None;
                }
                let kind = if blocked == Some("csp") {
                    Kind::Policy
                } else {
                    Kind::Failed
                };
                let reason = blocked.or_else(|| event["errorText"].as_str()).unwrap_or_default();
                (kind, format!("{reason} for {url}"))
            }
            _ => return None,
        };
        Some(Finding { kind, detail })
    }

    /// Whether a URL leads to another server.
    fn is_elsewhere(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else { return false };
        ["http", "https", "ws", "wss", "ftp"].contains(&url.scheme())
            && (url.host_str(), url.port_or_known_default())
                != (self.base.host_str(), self.base.port_or_known_default())
    }
}

/// A finding, if an entry of the console's log is one.
fn said(entry: &Value) -> Option<Finding> {
    let level = entry["level"].as_str()?;
    let detail = entry["message"].as_str().unwrap_or_default().to_owned();
    let kind = match entry["source"].as_str() {
        _ if !["SEVERE", "WARNING"].contains(&level) => return None,
        // What the log of the network says with more exactness.
        Some("network") => return None,
        Some("security") => Kind::Policy,
        _ => Kind::Console,
    };
    Some(Finding { kind, detail })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_should_not_happen_is_told_from_what_may() {
        let mut log = Log::new(Url::parse("http://127.0.0.1:3000").unwrap());
        let mut check = |method: &str, params: Value, expected: Option<(Kind, &str)>| {
            let message = json!({ "message": { "method": method, "params": params } }).to_string();
            let found = log.read(&json!([{ "message": message }]), &json!([]));
            let expected: Vec<_> = expected
                .map(|(kind, detail)| Finding {
                    kind,
                    detail: detail.to_owned(),
                })
                .into_iter()
                .collect();
            assert_eq!(found, expected, "{method}");
        };
        let sent = |id: &str, url: &str| json!({ "requestId": id, "request": { "url": url } });
        let answered = |kind: &str, status: u16| json!({ "type": kind, "response": { "url": "u", "status": status } });
        check("Network.requestWillBeSent", sent("1", "http://127.0.0.1:3000/a"), None);
        check("Network.requestWillBeSent", sent("2", "data:image/png;base64,AA"), None);
        let other = "http://127.0.0.1:3001/";
        check(
            "Network.requestWillBeSent",
            sent("3", other),
            Some((Kind::OtherHost, other)),
        );
        let socket = json!({ "requestId": "4", "url": "wss://example.com/" });
        check(
            "Network.webSocketCreated",
            socket,
            Some((Kind::OtherHost, "wss://example.com/")),
        );
        check("Network.responseReceived", answered("Document", 404), None);
        check(
            "Network.responseReceived",
            answered("Document", 503),
            Some((Kind::Status, "503 for u")),
        );
        check(
            "Network.responseReceived",
            answered("Stylesheet", 404),
            Some((Kind::Status, "404 for u")),
        );
        let failed = json!({ "requestId": "1", "canceled": true, "errorText": "net::ERR_ABORTED" });
        check("Network.loadingFailed", failed, None);
        let failed = json!({ "requestId": "1", "canceled": false, "errorText": "net::ERR_FAILED" });
        let detail = "net::ERR_FAILED for http://127.0.0.1:3000/a";
        check("Network.loadingFailed", failed, Some((Kind::Failed, detail)));
        let failed = json!({ "requestId": "3", "canceled": false, "errorText": "net::ERR_NAME_NOT_RESOLVED" });
        check("Network.loadingFailed", failed, None);
        let failed = json!({ "requestId": "3", "canceled": true, "blockedReason": "csp" });
        check(
            "Network.loadingFailed",
            failed,
            Some((Kind::Policy, "csp for http://127.0.0.1:3001/")),
        );
    }
}
