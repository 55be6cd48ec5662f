//! Having finished runs judged by a language model: the call to the model, and the runner that works a job off.

mod client;
mod retry;
mod runner;
mod settings;

pub use runner::{Idle, run};
pub use settings::{Settings, catalog};
