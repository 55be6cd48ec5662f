//! The host as a program: it serves the component of `local/guest`, which does what it is told.
//!
//! Tests of Postgres and Redis take their servers from `DATABASE_URL` and `REDIS_URL`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod limits;
mod peers;
mod postgres;
mod proxy;
mod redis;
mod requests;
mod start;
mod support;
