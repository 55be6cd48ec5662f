//! Server-sent events as text.

use std::fmt::{Display, Write as _};

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
