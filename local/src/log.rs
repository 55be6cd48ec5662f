//! The log: JSON lines on standard error, from this host and from the components.
//!
//! Lines are collected and written by one thread, so that nobody who logs waits for whoever reads.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use chrono::{SecondsFormat, Utc};
use serde::Serialize;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// Bytes that may wait to be written. What comes on top is counted and dropped.
const MAX_WAITING: usize = 8 << 20;
/// How long lines are collected before they are written together.
const COLLECT: Duration = Duration::from_millis(5);

/// Where lines go.
#[derive(Clone)]
pub struct Log(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    /// Whether the thread is busy with lines that it has taken.
    writing: bool,
    dropped: u64,
}

impl Log {
    /// A log that writes to `out`.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        let shared = Arc::<Shared>::default();
        let log = Self(Arc::clone(&shared));
        thread::spawn(move || write_lines(&shared, out));
        log
    }

    /// Sends what `tracing` says to this log, too; `filter` says how much.
    pub fn install(&self, filter: &str) -> anyhow::Result<()> {
        let filter = EnvFilter::try_new(filter)
            .map_err(|error| anyhow::anyhow!("--log {filter:?} is not understood: {error}"))?;
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_env_filter(filter)
            .with_writer(self.clone())
            .try_init()
            .map_err(|error| anyhow::anyhow!("logging cannot be set up: {error}"))
    }

    /// Writes `value` as a line.
    pub(crate) fn line(&self, value: &impl Serialize) {
        self.append(|waiting| {
            let start = waiting.len();
            if serde_json::to_writer(&mut *waiting, value).is_err() {
                waiting.truncate(start);
                return;
            }
            waiting.push(b'\n');
        });
    }

    /// Writes a line as it is.
    pub(crate) fn raw_line(&self, line: &[u8]) {
        self.append(|waiting| {
            waiting.extend_from_slice(line);
            waiting.push(b'\n');
        });
    }

    /// Waits until all lines are written.
    pub fn flush(&self) {
        let mut state = lock(&self.0.state);
        while !state.waiting.is_empty() || state.writing {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn append(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut state = lock(&self.0.state);
        if state.waiting.len() > MAX_WAITING {
            state.dropped += 1;
            return;
        }
        let was_empty = state.waiting.is_empty();
        write(&mut state.waiting);
        drop(state);
        if was_empty {
            self.0.changed.notify_all();
        }
    }
}

/// The time, as all lines give it.
pub(crate) fn timestamp() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A line of this host's that does not come from `tracing`.
#[derive(Serialize)]
struct Note<'a> {
    timestamp: String,
    level: &'a str,
    message: &'a str,
}

fn write_lines(shared: &Shared, mut out: impl Write) {
    let mut taken = Vec::new();
    loop {
        let mut state = lock(&shared.state);
        while state.waiting.is_empty() {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.writing = true;
        drop(state);
        thread::sleep(COLLECT);

        let mut state = lock(&shared.state);
        std::mem::swap(&mut state.waiting, &mut taken);
        let dropped = std::mem::take(&mut state.dropped);
        drop(state);
        if dropped > 0 {
            let message = format!("{dropped} log lines were dropped: standard error is not read fast enough");
            let note = Note {
                timestamp: timestamp(),
                level: "WARN",
                message: &message,
            };
            if serde_json::to_writer(&mut taken, &note).is_ok() {
                taken.push(b'\n');
            }
        }
        // Nobody is left to tell when this fails.
        let _ = out.write_all(&taken).and_then(|()| out.flush());
        taken.clear();

        lock(&shared.state).writing = false;
        shared.changed.notify_all();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MakeWriter<'_> for Log {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line {
            log: self.clone(),
            text: Vec::new(),
        }
    }
}

/// One event of `tracing`'s, which writes it piecemeal.
pub struct Line {
    log: Log,
    text: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.text.is_empty() {
            self.log.append(|waiting| waiting.extend_from_slice(&self.text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn flushed_lines_are_written_whole_and_in_order() {
        let memory = Memory::default();
        let log = Log::new(memory.clone());
        let mut expected = Vec::new();
        for number in 0..1000 {
            writeln!(expected, "[{number}]\nraw {number}").unwrap();
            log.line(&[number]);
            log.raw_line(format!("raw {number}").as_bytes());
        }
        log.flush();
        assert_eq!(*memory.0.lock().unwrap(), expected);
    }
}
