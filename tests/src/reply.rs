//! An answer of the API, and the rules that hold for every answer.

use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::Value;

use crate::client::shorten;

/// What no problem document may say: SQL, table names, hosts, secrets, the insides of the program.
const UNSPEAKABLE: [&str; 14] = [
    "select ",
    "insert into",
    "sqlstate",
    "agentgraph",
    "agentnode",
    "runledger.",
    "127.0.0.1",
    "localhost",
    "postgres://",
    "relation \"",
    "column \"",
    "panicked",
    "wasm",
    crate::tokens::SECRET,
];

/// An answer with its whole body.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(crate) asked: String,
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The parts of a problem document that tests look at.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The whole document.
    pub document: Value,
    /// What it points at, in the order of `errors`.
    pub pointers: Vec<String>,
}

impl Reply {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("the body is no JSON ({error})\n{self}"))
    }

    /// A member of the JSON body that holds a string.
    #[track_caller]
    pub fn text(&self, member: &str) -> String {
        let text = self.json()[member].as_str().map(str::to_owned);
        text.unwrap_or_else(|| panic!("`{member}` is no string\n{self}"))
    }

    /// A header's text, or `None` when it is missing.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as a problem document.
    #[track_caller]
    pub fn problem(&self) -> Problem {
        let document = self.json();
        let errors = document["errors"].as_array().into_iter().flatten();
        let pointers = errors
            .map(|error| error["pointer"].as_str().unwrap_or("").to_owned())
            .collect();
        Problem { document, pointers }
    }

    /// Fails the test unless the problem points at exactly these places, in any order.
    #[track_caller]
    pub fn expect_pointers(&self, expected: &[&str]) {
        let mut pointers = self.problem().pointers;
        pointers.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert!(pointers == expected, "expected the pointers {expected:?}\n{self}");
    }

    /// Checks what holds for every answer of the API; says which rule is broken.
    pub(crate) fn check_conventions(&self) -> Result<(), String> {
        let id = self.header("x-request-id").ok_or("the answer has no X-Request-Id")?;
        let rule = |holds: bool, broken: &str| if holds { Ok(()) } else { Err(broken.to_owned()) };
        // Methods of the data service raise the seed's exceptions, also for what is wrong inside.
        let by_method = self
            .asked
            .split(' ')
            .nth(1)
            .is_some_and(|path| path.starts_with("/rpc"));
        rule(
            self.status < 500 || self.status == 503 || by_method,
            "a bare server error",
        )?;
        rule(
            self.header("x-content-type-options") == Some("nosniff"),
            "a browser may guess the type of the answer",
        )?;
        let of_head = self.asked.starts_with("HEAD ");
        if self.status == 204 || self.status == 304 || of_head {
            return rule(self.body.is_empty(), "the answer has a body, but may not");
        }
        let content_type = self.header("content-type");
        if content_type == Some("text/html; charset=utf-8") {
            return self.check_page();
        }
        if self.status < 400 {
            return Ok(());
        }
        if by_method && content_type != Some("application/problem+json") {
            return self.check_exception();
        }
        rule(
            content_type == Some("application/problem+json"),
            "the error is no application/problem+json",
        )?;
        let document: Value = serde_json::from_slice(&self.body).map_err(|error| error.to_string())?;
        let text = |member: &str| document[member].as_str().filter(|text| !text.is_empty());
        rule(document["status"] == self.status, "the problem's `status` is another")?;
        rule(
            text("type").is_some_and(|kind| kind.starts_with("/problems/") || kind == "about:blank"),
            "the problem's `type` is no reference",
        )?;
        rule(
            text("title").is_some() && text("detail").is_some(),
            "the problem lacks `title` or `detail`",
        )?;
        rule(
            text("instance") == Some(id),
            "the problem's `instance` is not the request id",
        )?;
        for error in document["errors"].as_array().into_iter().flatten() {
            let pointer = error["pointer"].as_str().ok_or("an error has no pointer")?;
            rule(
                pointer.is_empty() || pointer.starts_with('/'),
                "a pointer does not start with `/`",
            )?;
            rule(
                error["detail"].as_str().is_some_and(|text| !text.is_empty()),
                "an error has no detail",
            )?;
        }
        self.check_silence()?;
        let accompanied_by = match self.status {
            401 => header::WWW_AUTHENTICATE,
            405 => header::ALLOW,
            503 => header::RETRY_AFTER,
            _ => return Ok(()),
        };
        rule(
            self.headers.contains_key(&accompanied_by),
            &format!("the answer lacks {accompanied_by}"),
        )
    }
}

impl Reply {
    /// Checks what holds for every exception of the data service.
    fn check_exception(&self) -> Result<(), String> {
        let document: Value = serde_json::from_slice(&self.body).map_err(|error| error.to_string())?;
        let named = document["type"].as_str().is_some_and(|kind| kind.ends_with("Error"));
        let said = document["args"][0].as_str().is_some_and(|text| !text.is_empty());
        let members = document.as_object().map_or(0, serde_json::Map::len);
        if !(named && said && members == 2) {
            return Err("the exception is not of the form {type, args}".to_owned());
        }
        if ![400, 401, 403, 404, 405, 413, 415, 500].contains(&self.status) {
            return Err("an exception has another status".to_owned());
        }
        self.check_silence()
    }

    /// Checks what holds for every page: nothing that was written into it runs, and nothing comes from elsewhere.
    fn check_page(&self) -> Result<(), String> {
        let policy = self.header("content-security-policy").unwrap_or_default();
        if !(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'")) {
            return Err("a page lets a browser do too much".to_owned());
        }
        if self.header("referrer-policy").is_none() {
            return Err("a page does not say what is told to the next one".to_owned());
        }
        let page = String::from_utf8(self.body.to_vec()).map_err(|error| error.to_string())?;
        let scripts = page.matches("<script").count();
        if scripts != page.matches("<script type=\"module\" src=\"/assets/").count() || page.contains(" style=\"") {
            return Err("a page holds a script or a style of its own".to_owned());
        }
        if self.status >= 400 {
            self.check_silence()
        } else {
            Ok(())
        }
    }

    fn check_silence(&self) -> Result<(), String> {
        let said = String::from_utf8_lossy(&self.body).to_lowercase();
        match UNSPEAKABLE.iter().find(|word| said.contains(&word.to_lowercase())) {
            Some(leaked) => Err(format!("the error says {leaked:?}")),
            None => Ok(()),
        }
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "asked: {}\nanswered: {}", self.asked, self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "  {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "  {}", shorten(&String::from_utf8_lossy(&self.body)))
    }
}
