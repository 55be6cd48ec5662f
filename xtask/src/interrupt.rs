//! Ctrl-C and SIGTERM: noted when they come, looked at between steps, so that whatever was started is stopped in order.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// The error of a command that was told to stop before it was done.
#[derive(Debug, thiserror::Error)]
#[error("stopped as asked")]
pub(crate) struct Interrupted;

/// From now on signals are noted instead of ending the process.
pub(crate) fn listen() -> Result<()> {
    static LISTENING: AtomicBool = AtomicBool::new(false);
    if LISTENING.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    ctrlc::set_handler(|| REQUESTED.store(true, Ordering::SeqCst)).context("listen to signals")
}

/// Whether a signal has come.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// Fails if a signal has come.
pub(crate) fn check() -> Result<()> {
    if requested() { Err(Interrupted.into()) } else { Ok(()) }
}
