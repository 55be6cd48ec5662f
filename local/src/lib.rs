//! A host for one machine: runs the HTTP components of a Spin application (`spin.toml` as it is) on wasmtime, for
//! development, tests and small installations. What outgrows it runs on Spin unchanged.

mod admission;
mod app;
mod bindings;
mod body;
mod connections;
mod cron;
mod engine;
mod guest;
mod host;
mod http_out;
mod instances;
mod log;
mod manifest;
mod memory;
mod options;
mod outbound;
mod output;
mod pace;
mod postgres;
mod problem;
mod readiness;
mod redis;
mod routes;
mod schedule;
mod server;
mod service;
mod template;
mod variables;

pub use host::run;
pub use log::Log;
pub use options::{Limits, Options};
