//! Log lines of a function: JSON, one a line, on standard error, each with the request's id and its place in a trace.

mod trace;

use std::{
    cell::{Cell, OnceCell},
    io::Write,
    rc::Rc,
    time::{Duration, Instant},
};

use serde::Serialize;

pub use trace::Trace;

/// How often trouble that goes on is told of.
const INTERVAL: Duration = Duration::from_mins(1);

/// The most lines that a request, however long it lives, writes about what is stored.
const MAX_STORED_LINES: u32 = 20;

/// Writes the log lines of one request, and counts what it asked others for.
#[derive(Debug, Clone)]
pub struct Log(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    request_id: String,
    trace: Trace,
    trips: Cell<Trips>,
    stored_lines: Cell<u32>,
    caller: OnceCell<Caller>,
}

/// Who sent a request, as its token says.
#[derive(Debug)]
struct Caller {
    role: &'static str,
    subject: String,
    acting_for: Option<String>,
}

/// How often a request went to others and back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trips {
    /// To Postgres.
    pub database: u32,
    /// To Redis.
    pub redis: u32,
}

/// What a request came to.
#[derive(Debug)]
pub struct Answered<'a> {
    /// When it came, as RFC 3339.
    pub timestamp: &'a str,
    /// Its method.
    pub method: &'a str,
    /// Its path, without secrets.
    pub path: &'a str,
    /// The path of its route, with `{names}`; empty where there is none.
    pub route: &'a str,
    /// The response's status.
    pub status: u16,
    /// How long the answer took.
    pub took: Duration,
}

#[derive(Serialize)]
struct Line<'a> {
    level: &'a str,
    message: &'a str,
    request_id: &'a str,
    trace_id: &'a str,
    span_id: &'a str,
}

#[derive(Serialize)]
struct AnsweredLine<'a> {
    timestamp: &'a str,
    level: &'a str,
    message: &'a str,
    method: &'a str,
    path: &'a str,
    route: &'a str,
    status: u16,
    duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acting_for: Option<&'a str>,
    database_round_trips: u32,
    redis_round_trips: u32,
    request_id: &'a str,
    trace_id: &'a str,
    span_id: &'a str,
}

impl Log {
    /// The log of the request with this id.
    pub fn new(request_id: &str, trace: Trace) -> Self {
        Self(Rc::new(Inner {
            request_id: request_id.to_owned(),
            trace,
            trips: Cell::default(),
            stored_lines: Cell::default(),
            caller: OnceCell::new(),
        }))
    }

    /// The request's id.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The request's place in a trace.
    pub fn trace(&self) -> &Trace {
        &self.0.trace
    }

    /// The request's token holds, and says who sent it; and maybe for whom.
    pub fn sent_by(&self, role: &'static str, subject: &str, acting_for: Option<&str>) {
        // A request has one sender.
        let _ = self.0.caller.set(Caller {
            role,
            subject: subject.to_owned(),
            acting_for: acting_for.map(ToOwned::to_owned),
        });
    }

    /// How often others were asked so far.
    pub fn trips(&self) -> Trips {
        self.0.trips.get()
    }

    /// Postgres is asked.
    pub fn count_database(&self) {
        let trips = self.trips();
        self.0.trips.set(Trips {
            database: trips.database + 1,
            ..trips
        });
    }

    /// Redis is asked.
    pub fn count_redis(&self) {
        let trips = self.trips();
        self.0.trips.set(Trips {
            redis: trips.redis + 1,
            ..trips
        });
    }

    /// The request was answered.
    pub fn answered(&self, answered: &Answered<'_>) {
        let Trips { database, redis } = self.trips();
        let caller = self.0.caller.get();
        write(&AnsweredLine {
            timestamp: answered.timestamp,
            level: if answered.status < 500 { "INFO" } else { "WARN" },
            message: "request",
            method: answered.method,
            path: answered.path,
            route: answered.route,
            status: answered.status,
            duration_ms: answered.took.as_micros() as f64 / 1000.0,
            role: caller.map(|caller| caller.role),
            sub: caller.map(|caller| caller.subject.as_str()),
            acting_for: caller.and_then(|caller| caller.acting_for.as_deref()),
            database_round_trips: database,
            redis_round_trips: redis,
            request_id: self.request_id(),
            trace_id: self.0.trace.trace_id(),
            span_id: self.0.trace.span_id(),
        });
    }

    /// Something is odd, and the request goes on.
    pub fn warn(&self, message: &str) {
        self.write("WARN", message);
    }

    /// Something that is stored cannot be shown as it is, and the request goes on. A request that meets much of this does
    /// not tell of all of it.
    pub fn warn_of_stored(&self, message: &str) {
        let lines = self.0.stored_lines.get() + 1;
        if lines <= MAX_STORED_LINES {
            self.0.stored_lines.set(lines);
            self.warn(message);
            if lines == MAX_STORED_LINES {
                self.warn("this request tells no more of what is stored and cannot be shown");
            }
        }
    }

    /// The request could not be served, and it is not its sender's fault.
    pub fn error(&self, message: &str) {
        self.write("ERROR", message);
    }

    fn write(&self, level: &str, message: &str) {
        write(&Line {
            level,
            message,
            request_id: self.request_id(),
            trace_id: self.0.trace.trace_id(),
            span_id: self.0.trace.span_id(),
        });
    }
}

/// Writes a line in one piece.
fn write(line: &impl Serialize) {
    if let Ok(mut line) = serde_json::to_vec(line) {
        line.push(b'\n');
        // Where nobody takes log lines, nobody can be told so.
        let _ = std::io::stderr().write_all(&line);
    }
}

/// Tells of trouble that goes on: at most once a minute.
#[derive(Debug, Default)]
pub struct Complaints {
    told_at: Cell<Option<Instant>>,
}

impl Complaints {
    /// Nothing was told of yet.
    pub const fn new() -> Self {
        Self {
            told_at: Cell::new(None),
        }
    }

    /// Something is odd, and goes on. Not written if something was within the last minute.
    pub fn warn(&self, log: &Log, message: &str) {
        if self.is_due() {
            log.warn(message);
        }
    }

    /// The same for what keeps requests from being served.
    pub fn error(&self, log: &Log, message: &str) {
        if self.is_due() {
            log.error(message);
        }
    }

    fn is_due(&self) -> bool {
        let due = self.told_at.get().is_none_or(|at| at.elapsed() >= INTERVAL);
        if due {
            self.told_at.set(Some(Instant::now()));
        }
        due
    }
}
