//! The migrations against a real server: `DATABASE_URL` names one that may create databases.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at what it does not expect"
)]

mod adopted;
mod backfill;
mod concurrent;
mod database;
mod empty;
mod events;
mod interrupted;
mod once;
mod refused;
mod replicated;
mod rollups;
mod terminal_times;
mod under_load;
