//! A language model's HTTP API that behaves as it is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// What a call comes to.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// An answer of this score.
    Score(f64),
    /// An answer of this score after a while.
    Slow(Duration, f64),
    /// A status, perhaps with `Retry-After`.
    Status(u16, Option<&'static str>),
    /// A completion with this content.
    Content(String),
    /// A response that says that all went well, with this body.
    Body(String),
    /// A refusal.
    Refusal,
    /// A completion that reached its most tokens.
    Length,
    /// Something that is no completion.
    NotJson,
    /// Half of an answer, then the end of the connection.
    Cut,
    /// No answer at all.
    Hang,
    /// An answer of 10 MB.
    Huge,
    /// 400 for a request with a schema, else an answer.
    NoSchemas,
}

/// A call that was made.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// The head of the request, in lower case.
    pub head: String,
    /// Its body.
    pub body: Value,
}

impl Seen {
    /// What the model is asked.
    pub fn prompt(&self) -> &str {
        self.body["messages"][1]["content"].as_str().unwrap_or_default()
    }
}

#[derive(Default)]
struct State {
    plan: VecDeque<Behaviour>,
    usual: Option<Behaviour>,
    seen: Vec<Seen>,
    in_flight: usize,
    most_in_flight: usize,
}

/// A running server. It ends with the test.
#[derive(Clone)]
pub struct Llm {
    url: String,
    state: Arc<Mutex<State>>,
}

impl Llm {
    /// A server that usually behaves like this.
    pub async fn start(usual: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let state = Arc::new(Mutex::new(State {
            usual: Some(usual),
            ..State::default()
        }));
        let served = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&served);
                tokio::spawn(async move { serve(stream, &state).await });
            }
        });
        Self { url, state }
    }

    /// Scheme and host.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the next calls come to, before the usual.
    pub fn plan(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.lock().plan.extend(behaviours);
    }

    /// What calls come to from now on.
    pub fn usually(&self, behaviour: Behaviour) {
        self.lock().usual = Some(behaviour);
    }

    /// The calls so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// The most calls that were in flight at once.
    pub fn most_in_flight(&self) -> usize {
        self.lock().most_in_flight
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked")
    }
}

async fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let Some((head, body)) = read(&mut stream).await else {
        return;
    };
    let has_schema = body.get("response_format").is_some();
    let behaviour = {
        let mut state = state.lock().expect("nobody panicked");
        state.seen.push(Seen {
            at: Instant::now(),
            head,
            body,
        });
        state.in_flight += 1;
        state.most_in_flight = state.most_in_flight.max(state.in_flight);
        let usual = state.usual.clone();
        state.plan.pop_front().or(usual).unwrap_or(Behaviour::Score(1.0))
    };
    answer(&mut stream, behaviour, has_schema).await;
    state.lock().expect("nobody panicked").in_flight -= 1;
    // Whoever hangs up first, it is no matter.
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    let mut part = vec![0; 16384];
    let (head, start) = loop {
        if let Some(at) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            break (String::from_utf8_lossy(&bytes[..at]).to_lowercase(), at + 4);
        }
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    };
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok())?;
    while bytes.len() < start + length {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    }
    Some((head, serde_json::from_slice(&bytes[start..]).ok()?))
}

async fn answer(stream: &mut TcpStream, behaviour: Behaviour, has_schema: bool) {
    let verdict =
        |score: f64| json!({ "activity_status": "I told the weather.", "correctness_score": score }).to_string();
    let completion = |content: &str| completion(&json!({ "content": content }), "stop");
    let (status, header, body) = match behaviour {
        Behaviour::Score(score) => (200, None, completion(&verdict(score))),
        Behaviour::Slow(time, score) => {
            sleep(time).await;
            (200, None, completion(&verdict(score)))
        }
        Behaviour::Status(status, retry_after) => {
            let body = json!({ "error": { "message": format!("told to answer {status}") } }).to_string();
            (status, retry_after, body)
        }
        Behaviour::Content(content) => (200, None, completion(&content)),
        Behaviour::Body(body) => (200, None, body),
        Behaviour::Refusal => (
            200,
            None,
            self::completion(&json!({ "content": null, "refusal": "I would rather not." }), "stop"),
        ),
        Behaviour::Length => (
            200,
            None,
            self::completion(&json!({ "content": "{\"activity_status\": \"I t" }), "length"),
        ),
        Behaviour::NotJson => (200, None, "<html>Welcome!</html>".to_owned()),
        Behaviour::Cut => {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{\"choices\":";
            let _ = stream.write_all(head.as_bytes()).await;
            return;
        }
        Behaviour::Hang => {
            sleep(Duration::from_mins(10)).await;
            return;
        }
        Behaviour::Huge => (200, None, completion(&"x".repeat(10_000_000))),
        Behaviour::NoSchemas if has_schema => {
            let message = "'response_format' of type 'json_schema' is not supported with this model.";
            (400, None, json!({ "error": { "message": message } }).to_string())
        }
        Behaviour::NoSchemas => (200, None, completion(&format!("```json\n{}\n```", verdict(0.5)))),
    };
    let retry_after = header
        .map(|value| format!("retry-after: {value}\r\n"))
        .unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{retry_after}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
}

fn completion(message: &Value, finish_reason: &str) -> String {
    json!({
        "choices": [{ "message": message, "finish_reason": finish_reason }],
        "usage": { "prompt_tokens": 1000, "completion_tokens": 50 },
    })
    .to_string()
}
