//! The application's log for a person: its JSON lines as aligned text, one line for each request.
//!
//! The text carries styles; whoever prints it strips them where they are not wanted. What a line holds was partly written by
//! callers, so no control character of it reaches the terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use chrono::{DateTime, TimeZone};
use serde_json::{Map, Value};

/// The column of paths. A longer path has its identifiers cut; what is longer even then moves its own line only.
const PATH_WIDTH: usize = 58;

/// The length of a UUID.
const UUID: usize = 36;

/// What a request's line is not read for, and other lines show of themselves already.
const KNOWN: [&str; 8] = [
    "timestamp",
    "level",
    "message",
    "request_id",
    "trace_id",
    "span_id",
    "target",
    "stream",
];

/// How paths begin that somebody asks for all the time, people least of all.
const ROUTINE: [&str; 3] = ["/api/health", "/api/metrics", "/api/internal/jobs/"];

const PLAIN: Style = Style::new();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();

/// A line of the log, for a person. `now` is the time of lines that do not tell theirs, and says in which zone all are shown.
/// What is no line of the log is shown as it is.
pub(crate) fn format<Z: TimeZone>(line: &str, now: &DateTime<Z>) -> String
where
    Z::Offset: std::fmt::Display,
{
    let Ok(Value::Object(line)) = serde_json::from_str(line) else {
        return printable(line);
    };
    let text = |name| line.get(name).and_then(Value::as_str);
    let at = text("timestamp").and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    let at = at.map_or_else(|| now.clone(), |at| at.with_timezone(&now.timezone()));
    let time = format!("{DIM}{}{DIM:#}", at.format("%H:%M:%S"));
    match text("message") {
        Some("request") if line.contains_key("status") => format!("{time}  {}", request(&line)),
        message => format!("{time}  {}", other(&line, message.unwrap_or_default())),
    }
}

/// Whether a line tells of a request of `sender` that went well.
pub(crate) fn is_success_of(line: &str, sender: &str) -> bool {
    let Ok(Value::Object(line)) = serde_json::from_str(line) else {
        return false;
    };
    let status = line.get("status").and_then(Value::as_u64);
    line.get("sub").and_then(Value::as_str) == Some(sender) && status.is_some_and(|status| status < 400)
}

/// Method, path, status and time of a request; its id where it failed through no fault of its sender.
fn request(line: &Map<String, Value>) -> String {
    let text = |name| line.get(name).and_then(Value::as_str).unwrap_or_default();
    let status = line.get("status").and_then(Value::as_u64).unwrap_or_default();
    let (path, method) = (text("path"), text("method"));
    let style = match status {
        0..200 => PLAIN,
        200..300 => GREEN,
        300..400 => CYAN,
        400..500 => YELLOW,
        _ => RED,
    };
    let routine = status < 400 && ROUTINE.iter().any(|start| path.starts_with(start));
    let (words, style) = if routine { (DIM, DIM) } else { (PLAIN, style) };
    let path = fitted(&printable(path));
    let took = line.get("duration_ms").and_then(Value::as_f64).unwrap_or_default();
    let mut shown = format!(
        "{words}{:<6}  {path:<PATH_WIDTH$}{words:#}  {style}{status:>3}{style:#}  {words}{took:>8.1} ms{words:#}",
        printable(method)
    );
    if status >= 500 {
        append_request_id(&mut shown, text("request_id"));
    }
    shown
}

/// A message with whatever else its line has.
fn other(line: &Map<String, Value>, message: &str) -> String {
    let level = line.get("level").and_then(Value::as_str).unwrap_or("INFO");
    let (style, words) = match level {
        "ERROR" => (RED.bold(), PLAIN),
        "WARN" => (YELLOW, PLAIN),
        _ => (DIM, DIM),
    };
    let mut shown = format!(
        "{style}{:<6}{style:#}  {words}{}{words:#}",
        printable(level),
        printable(message)
    );
    for (name, value) in line {
        if KNOWN.contains(&name.as_str()) {
            continue;
        }
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        // A String takes all that is written to it.
        let _ = write!(shown, "  {DIM}{}={}{DIM:#}", printable(name), printable(&value));
    }
    let id = line.get("request_id").and_then(Value::as_str).unwrap_or_default();
    append_request_id(&mut shown, id);
    shown
}

fn append_request_id(shown: &mut String, id: &str) {
    if !id.is_empty() {
        // A String takes all that is written to it.
        let _ = write!(shown, "  {DIM}request {}{DIM:#}", printable(id));
    }
}

/// The path, its identifiers cut where it would not fit its column.
fn fitted(path: &str) -> String {
    if path.chars().count() <= PATH_WIDTH {
        return path.to_owned();
    }
    let cut = |segment: &str| match (segment.get(..8), segment.get(UUID - 4..)) {
        (Some(start), Some(end)) if segment.len() == UUID => format!("{start}…{end}"),
        _ => segment.to_owned(),
    };
    path.split('/').map(cut).collect::<Vec<_>>().join("/")
}

/// The text without what a terminal would obey.
fn printable(text: &str) -> String {
    // Marks that turn the direction of text would let a line say what it does not hold.
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| {
            if hidden(c) {
                c.escape_default().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use chrono::{FixedOffset, Utc};

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(strip_str(&format(line, &now())).to_string(), expected, "{line}");
    }

    fn request_line(path: &str, status: u16) -> String {
        format!(
            r#"{{"timestamp":"2026-01-02T03:04:05.678901Z","level":"INFO","message":"request","method":"GET","path":"{path}","route":"/r","status":{status},"duration_ms":3.21,"role":"user","sub":"someone","database_round_trips":1,"redis_round_trips":0,"request_id":"the-id","trace_id":"t","span_id":"s"}}"#
        )
    }

    #[test]
    fn a_request_is_one_aligned_line() {
        let padding = |path: &str| " ".repeat(PATH_WIDTH - path.len());
        for path in [
            "/api/executions",
            "/api/executions/0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
        ] {
            let expected = format!("03:04:05  GET     {path}{}  200       3.2 ms", padding(path));
            check(&request_line(path, 200), &expected);
        }
    }

    #[test]
    fn identifiers_are_cut_only_where_a_path_is_too_long() {
        let path =
            "/api/executions/0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49/nodes/0197a3c2-7d4f-7b20-a1c6-3e9f8d7c6b5a/inputs";
        let shown = strip_str(&format(&request_line(path, 201), &now())).to_string();
        assert!(
            shown.contains(" /api/executions/0197a3c2…3a49/nodes/0197a3c2…6b5a/inputs "),
            "{shown}"
        );
        let short = strip_str(&format(&request_line("/", 201), &now())).to_string();
        assert_eq!(shown.chars().count(), short.chars().count());
    }

    #[test]
    fn the_status_has_the_colour_of_its_class() {
        for (status, style) in [(200, GREEN), (303, CYAN), (404, YELLOW), (503, RED)] {
            let shown = format(&request_line("/api/executions", status), &now());
            assert!(shown.contains(&format!("{style}{status}{style:#}")), "{shown:?}");
        }
        // What comes every few seconds stays in the background, unless it fails.
        let shown = format(&request_line("/api/health/ready", 200), &now());
        assert!(shown.contains(&format!("{DIM}200{DIM:#}")), "{shown:?}");
        let shown = format(&request_line("/api/health/ready", 503), &now());
        assert!(shown.contains(&format!("{RED}503{RED:#}")), "{shown:?}");
    }

    #[test]
    fn a_failed_request_tells_its_id() {
        let shown = format(&request_line("/api/executions", 503), &now());
        assert!(
            strip_str(&shown).to_string().ends_with("ms  request the-id"),
            "{shown:?}"
        );
    }

    #[test]
    fn warnings_tell_their_message_and_request() {
        check(
            r#"{"level":"WARN","message":"Redis is away","request_id":"the-id","trace_id":"t","span_id":"s"}"#,
            "08:00:00  WARN    Redis is away  request the-id",
        );
        check(
            r#"{"timestamp":"2026-01-02T03:04:05Z","level":"ERROR","component":"nodes","stream":"stderr","message":"oh"}"#,
            "03:04:05  ERROR   oh  component=nodes",
        );
        check(
            r#"{"timestamp":"2026-01-02T03:04:05Z","level":"INFO","message":"a scheduled job","job":"prune","outcome":"{\"ran\":true}","target":"x"}"#,
            r#"03:04:05  INFO    a scheduled job  job=prune  outcome={"ran":true}"#,
        );
    }

    #[test]
    fn only_what_went_well_is_a_success() {
        assert!(is_success_of(&request_line("/", 204), "someone"));
        assert!(!is_success_of(&request_line("/", 404), "someone"));
        assert!(!is_success_of(&request_line("/", 204), "else"));
        assert!(!is_success_of(
            r#"{"level":"WARN","message":"oh","sub":"someone"}"#,
            "someone"
        ));
    }

    #[test]
    fn times_are_those_of_the_readers_zone() {
        let zone = FixedOffset::east_opt(2 * 3600).unwrap();
        let shown = format(&request_line("/", 200), &now().with_timezone(&zone));
        assert!(strip_str(&shown).to_string().starts_with("05:04:05  GET"), "{shown:?}");
    }

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        check(
            r#"{"level":"WARN","message":"\u001b[2Jgone\r\n\u202edlrow","request_id":""}"#,
            r"08:00:00  WARN    \u{1b}[2Jgone\r\n\u{202e}dlrow",
        );
        check(
            "runledger-local: no \u{7}such file",
            r"runledger-local: no \u{7}such file",
        );
    }
}
