//! What a scoring job is given before anything is touched: a model that can be called, and the mark of its prompts.

use runledger_models::scoring::Model;
use sha2::{Digest, Sha256};

use crate::{Settings, catalog};

/// A model that can be called, and who serves it.
pub struct Choice {
    /// The model.
    pub model: Model,
    /// The name of its provider in data.
    pub provider: String,
}

/// Why there is none.
pub enum NoChoice {
    /// No model has this name.
    Unknown,
    /// The application's variables do not say how to call it; they are to be set like this.
    NotConfigured(String),
}

/// The model of this name, if it can be called.
pub async fn choose(name: &str) -> Result<Choice, NoChoice> {
    let catalog = catalog().await.map_err(NoChoice::NotConfigured)?;
    let (provider, model) = catalog.choose(name).ok_or(NoChoice::Unknown)?;
    Settings::of(provider).await.map_err(NoChoice::NotConfigured)?;
    Ok(Choice {
        model,
        provider: provider.id.clone(),
    })
}

/// What tells one pair of prompts from another.
pub fn prompt_hash(system: &str, user: &str) -> String {
    let mut hash = Sha256::new();
    // The length keeps the two apart.
    hash.update((system.len() as u64).to_be_bytes());
    hash.update(system);
    hash.update(user);
    format!("{:x}", hash.finalize())
}
