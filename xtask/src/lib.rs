//! The part of the house's tool that other crates use: private servers for tests and benchmarks.

pub mod servers;
