//! The harness of the end-to-end suite: the application in its host, each with a database of its own, and a client
//! whose every call names the status that it expects.
//!
//! A test starts an [`App`], speaks to it over HTTP as an executor ([`App::service`]), an owner ([`App::user`]) or an
//! operator ([`App::admin`]), and looks at what is stored through [`App::db`]. Everything ends with the `App`. What a reader
//! sees of it is asked of a browser ([`App::browser`], [`App::browser_for`]).
//!
//! The environment chooses the servers and the host:
//! - `DATABASE_URL`: a Postgres server on which databases may be created; `REDIS_URL`: a Redis server, or unset.
//! - `RUNLEDGER_LOCAL_BIN`: the local host; else the one in the target folder.
//! - `RUNLEDGER_LOCAL_OPTIONS`: options of the local host for the whole suite, such as `--like-spin`.
//! - `RUNLEDGER_POOLER`: a pooler (`host:port`) through which the application reaches that Postgres server.
//! - `RUNLEDGER_HOST=spin`: `spin` from `PATH` instead.
//! - `RUNLEDGER_MANIFEST`, `RUNLEDGER_CRON_MANIFEST`: the application's manifests; else `spin.toml` and `spin.cron.toml` of the
//!   workspace.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a harness reports trouble by failing the test"
)]

mod app;
mod client;
mod database;
mod events;
mod host;
mod llm;
mod reply;
mod template;
mod wait;
mod world;

pub mod tokens;

/// The browser that the pages are tested in.
pub use runledger_browser as browser;

pub use app::{App, Builder};
pub use client::{Client, Request};
pub use database::{Database, Params, Snapshot};
pub use events::{Block, Event, EventStream};
pub use host::{Host, is_like_spin, is_pooled, is_spin};
pub use llm::{Behaviour, Llm, Seen};
pub use reply::{Problem, Reply};
pub use wait::until;
pub use world::{Graph, INPUT_BLOCK, OUTPUT_BLOCK, STATUSES, StoredNode, allowed_from, is_terminal, is_unfinished};
