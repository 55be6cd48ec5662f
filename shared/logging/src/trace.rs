//! The place of a request in a trace that spans services (W3C Trace Context).

use std::fmt::Write;

/// The most bytes of a `tracestate` that are passed on.
const MAX_STATE: usize = 512;

/// Where a request stands in a trace: what it is part of, and its own name in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    id: String,
    span_id: String,
    flags: String,
    state: String,
}

impl Trace {
    /// The place of a request that came with these headers, or of one that begins a trace. `random` is for new ids.
    pub fn of(traceparent: Option<&str>, tracestate: Option<&str>, random: [u8; 32]) -> Self {
        let (trace_id, span_id) = random.split_at(16);
        let (span_id, _) = span_id.split_at(8);
        let span_id = hex(span_id);
        match traceparent.and_then(parse) {
            Some((trace_id, flags)) => Self {
                id: trace_id.to_owned(),
                span_id,
                // What version 00 does not know is not passed on.
                flags: if is_sampled(flags) { "01" } else { "00" }.to_owned(),
                state: tracestate
                    .filter(|state| state.len() <= MAX_STATE)
                    .unwrap_or_default()
                    .to_owned(),
            },
            // What is logged is as good as sampled.
            None => Self {
                id: hex(trace_id),
                span_id,
                flags: "01".to_owned(),
                state: String::new(),
            },
        }
    }

    /// What the request is part of.
    pub fn trace_id(&self) -> &str {
        &self.id
    }

    /// The request's own name in it.
    pub fn span_id(&self) -> &str {
        &self.span_id
    }

    /// The header `traceparent` for whatever this request asks for, and for its response.
    pub fn parent(&self) -> String {
        format!("00-{}-{}-{}", self.id, self.span_id, self.flags)
    }

    /// The header `tracestate` that goes with it; empty where none came.
    pub fn state(&self) -> &str {
        &self.state
    }
}

/// The trace id and the flags of a `traceparent` that holds. Of versions to come, what version 00 knows is read.
fn parse(header: &str) -> Option<(&str, &str)> {
    let mut parts = header.trim().split('-');
    let version = parts.next().filter(|part| is_hex(part, 2) && *part != "ff")?;
    let trace_id = parts.next().filter(|part| is_hex(part, 32) && !is_zero(part))?;
    parts.next().filter(|part| is_hex(part, 16) && !is_zero(part))?;
    let flags = parts.next().filter(|part| is_hex(part, 2))?;
    (version != "00" || parts.next().is_none()).then_some((trace_id, flags))
}

fn is_sampled(flags: &str) -> bool {
    u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1)
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'0')
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: [u8; 32] = [7; 32];

    #[test]
    fn a_trace_that_came_goes_on_under_a_name_of_our_own() {
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        let trace = Trace::of(Some(given), Some("vendor=1"), RANDOM);
        assert_eq!(
            trace.parent(),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0707070707070707-00"
        );
        assert_eq!(trace.state(), "vendor=1");
        let other_flags = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe";
        assert!(Trace::of(Some(other_flags), None, RANDOM).parent().ends_with("-00"));
        let newer = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
        assert_eq!(
            Trace::of(Some(newer), None, RANDOM).trace_id(),
            "4bf92f3577b34da6a3ce929d0e0e4736"
        );
    }

    #[test]
    fn what_does_not_hold_begins_a_new_trace() {
        for given in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        ] {
            let trace = Trace::of(Some(given), Some("vendor=1"), RANDOM);
            assert_eq!(trace.parent(), format!("00-{}-{}-01", "07".repeat(16), "07".repeat(8)));
            assert_eq!(trace.state(), "", "{given}");
        }
    }
}
