//! The loop that a stream is: what is new, a sign of life, a pause.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use crate::{Gone, Sink};

/// What a round came to.
pub enum Round<T> {
    /// Something was sent.
    Sent,
    /// There was nothing to send.
    Quiet,
    /// Nothing more is to come.
    Ended(T),
}

/// Something that a reader is told of while it goes on.
pub trait Follow {
    /// What it ends with.
    type End;
    /// Why it is no longer followed, though it has not ended.
    type Error: From<Gone>;

    /// Sends what is new.
    fn round(&mut self, sink: &mut Sink) -> impl Future<Output = Result<Round<Self::End>, Self::Error>>;

    /// What is sent while there is nothing new.
    fn heartbeat(&self) -> String;

    /// Waits until there may be something new.
    fn wait(&mut self) -> impl Future<Output = ()>;
}

/// Follows something to its end. A reader hears something in every `interval`, so that nobody on the way takes the
/// connection for dead; that a reader has gone is noticed in every round.
pub async fn follow<F: Follow>(followed: &mut F, sink: &mut Sink, interval: Duration) -> Result<F::End, F::Error> {
    let mut sent_at = Instant::now();
    loop {
        match followed.round(sink).await? {
            Round::Sent => sent_at = Instant::now(),
            Round::Quiet => {}
            Round::Ended(end) => return Ok(end),
        }
        if sent_at.elapsed() >= interval {
            sent_at = Instant::now();
            sink.send(followed.heartbeat().as_bytes()).await?;
        } else {
            sink.check().await?;
        }
        followed.wait().await;
    }
}
