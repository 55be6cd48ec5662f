//! How fast a peer has to be: who makes no progress, or makes it too slowly, is not waited for.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::time::{Sleep, sleep_until};

/// A peer has this share of its time while places are short.
const SHORT_SHARE: u32 = 8;

/// How long a peer is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Without any progress; zero is for ever.
    pub(crate) limit: Duration,
    /// Bytes that buy a second more.
    pub(crate) bytes_per_second: u64,
}

/// The account of one peer: waiting is taken from it, progress is paid in, up to where it began.
pub(crate) struct Pace {
    patience: Patience,
    /// How much of the limit has been used.
    spent: Duration,
    waiting_since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// Nothing has been waited for yet.
    pub(crate) fn new(patience: Patience) -> Self {
        Self {
            patience,
            spent: Duration::ZERO,
            waiting_since: None,
            timer: None,
        }
    }

    /// The peer took, or sent, `bytes`.
    pub(crate) fn progress(&mut self, bytes: usize) {
        if let Some(since) = self.waiting_since.take() {
            self.spent += since.elapsed();
        }
        if !self.spent.is_zero() && bytes > 0 {
            let earned = bytes as f64 / self.patience.bytes_per_second.max(1) as f64;
            let earned = Duration::try_from_secs_f64(earned).unwrap_or(Duration::MAX);
            self.spent = self.spent.saturating_sub(earned);
        }
    }

    /// Ready when the peer has been waited for long enough. `is_short` says whether others want its place.
    pub(crate) fn poll_given_up(&mut self, cx: &mut Context<'_>, is_short: impl Fn() -> bool) -> Poll<()> {
        let limit = self.patience.limit;
        if limit.is_zero() {
            return Poll::Pending;
        }
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let short = limit / SHORT_SHARE;
        loop {
            // A timer that goes off early costs less than one that is set for each wait.
            if let Some(timer) = &mut self.timer
                && timer.as_mut().poll(cx).is_pending()
            {
                return Poll::Pending;
            }
            let now = Instant::now();
            let spent = self.spent + now.duration_since(since);
            let allowed = if is_short() { short } else { limit };
            let Some(left) = allowed.checked_sub(spent).filter(|left| !left.is_zero()) else {
                return Poll::Ready(());
            };
            let next = (now + left.min(short)).into();
            match &mut self.timer {
                Some(timer) => timer.as_mut().reset(next),
                None => self.timer = Some(Box::pin(sleep_until(next))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Patience = Patience {
        limit: Duration::from_millis(80),
        bytes_per_second: 1000,
    };

    async fn given_up(pace: &mut Pace, is_short: bool) -> Duration {
        let started = Instant::now();
        poll_fn(|cx| pace.poll_given_up(cx, || is_short)).await;
        started.elapsed()
    }

    #[tokio::test]
    async fn who_makes_no_progress_is_given_up_and_sooner_while_places_are_short() {
        assert!(given_up(&mut Pace::new(PATIENCE), false).await >= Duration::from_millis(80));
        let short = given_up(&mut Pace::new(PATIENCE), true).await;
        assert!(short >= Duration::from_millis(10), "{short:?}");
        let unlimited = Patience {
            limit: Duration::ZERO,
            ..PATIENCE
        };
        let mut pace = Pace::new(unlimited);
        let waited = timeout(Duration::from_millis(50), given_up(&mut pace, true));
        assert!(waited.await.is_err(), "zero is for ever");
    }

    #[tokio::test]
    async fn progress_buys_time_at_the_rate_and_no_more_than_the_limit() {
        let wait = |pace: &mut Pace, milliseconds| {
            pace.waiting_since = Instant::now().checked_sub(Duration::from_millis(milliseconds));
        };
        let mut pace = Pace::new(PATIENCE);
        wait(&mut pace, 50);
        pace.progress(1_000_000);
        assert_eq!(pace.spent, Duration::ZERO, "not more than it began with");
        // 60 ms for 20 bytes, again and again, is too slow: each round costs 40 ms more than it brings.
        wait(&mut pace, 60);
        pace.progress(20);
        assert!(pace.spent >= Duration::from_millis(40));
        wait(&mut pace, 60);
        assert!(given_up(&mut pace, false).await < Duration::from_millis(40));
    }
}
