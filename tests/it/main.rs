//! The end-to-end suite: the real components in a real host, over HTTP, with a database for each test.
//!
//! One file per theme. What every answer must keep (request ids, problem documents that say nothing they should not)
//! is checked by the client on every call.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "these are tests")]

mod analytics;
mod analytics_answers;
mod analytics_jobs;
mod batch;
mod block_types;
mod browser;
mod budget;
mod budget_shared;
mod carried;
mod chaos;
mod create;
mod credits;
mod database_url;
mod delete;
mod event_channels;
mod event_outages;
mod events;
mod graphs;
mod health;
mod hostile;
mod idempotency;
mod identity;
mod jobs;
mod kv;
mod lists;
mod load;
mod metrics;
mod monitors;
mod node_inputs;
mod node_states;
mod nodes;
mod operations;
mod outage;
mod owners;
mod pages;
mod problems;
mod queue;
mod read;
mod redis_servers;
mod retention;
mod routes;
mod rpc;
mod rpc_arguments;
mod rpc_operations;
mod share;
mod signatures;
mod states;
mod stats;
mod stop;
mod stored_values;
mod summary;
mod trends;
