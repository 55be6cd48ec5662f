//! Waiting for a condition.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait between two looks.
const INTERVAL: Duration = Duration::from_millis(20);

/// Looks again and again until `look` gives something; fails the test when that takes too long.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        tokio::time::sleep(INTERVAL).await;
    }
}
