//! Server-sent events: how they are written, and how their reader is kept.

use std::{
    fmt::{Display, Write as _},
    time::{Duration, Instant},
};

use crate::{Gone, Sink};

/// The content type of a stream of events.
pub const CONTENT_TYPE: &str = "text/event-stream";

/// Appends an event. Its id, where it has one, is what its reader sends as `Last-Event-ID`; its data become one line.
pub fn write_event(text: &mut String, id: Option<impl Display>, event: &str, data: &str) {
    if let Some(id) = id {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "id: {id}");
    }
    let data = data.replace(['\n', '\r'], " ");
    for part in ["event: ", event, "\ndata: ", &data, "\n\n"] {
        text.push_str(part);
    }
}

/// Keeps a stream on which nothing happens alive, and notices when nobody reads it.
pub struct Heartbeat {
    interval: Duration,
    sent_at: Instant,
}

impl Heartbeat {
    /// For a reader who is to hear something in every interval.
    pub fn every(interval: Duration) -> Self {
        Self {
            interval,
            sent_at: Instant::now(),
        }
    }

    /// Notes that something was sent.
    pub fn sent(&mut self) {
        self.sent_at = Instant::now();
    }

    /// Sends `text` when nothing was sent for as long as the interval; else only looks whether anybody reads.
    pub async fn beat(&mut self, sink: &mut Sink, text: &str) -> Result<(), Gone> {
        if self.sent_at.elapsed() < self.interval {
            return sink.check().await;
        }
        self.sent();
        sink.send(text.as_bytes()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_few_lines_and_its_data_one_of_them() {
        let mut text = String::new();
        write_event(&mut text, Some(7), "progress", "{\n\r}");
        write_event(&mut text, None::<u64>, "report", "{}");
        assert_eq!(
            text,
            "id: 7\nevent: progress\ndata: {  }\n\nevent: report\ndata: {}\n\n"
        );
    }
}
