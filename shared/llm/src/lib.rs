//! Having finished runs judged by a language model: the call to the model, and the runner that works a job off.

mod choice;
mod client;
mod retry;
mod runner;
mod settings;

pub use choice::{Choice, NoChoice, choose, prompt_hash};
pub use runner::{Idle, run};
pub use settings::{Settings, catalog};
