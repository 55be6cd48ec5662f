//! Where a provider's models are, as the application's variables say.

use std::time::Duration;

use runledger_models::scoring::{Catalog, Provider};
use spin_sdk::variables;

/// What calls to a provider need.
#[derive(Clone)]
pub struct Settings {
    /// The URL of its chat completions.
    pub(crate) url: String,
    /// The scheme and the host of that.
    pub(crate) host: String,
    /// Its key; empty where it needs none.
    pub(crate) key: String,
    /// How long one call may take.
    pub(crate) timeout: Duration,
    /// The most bytes of a run's data in a prompt.
    pub(crate) budget: usize,
}

/// About so many bytes of JSON make a token.
const BYTES_OF_TOKEN: usize = 4;
const MAX_PROMPT_TOKENS: usize = 1_000_000;
const MAX_TIMEOUT_SECONDS: u64 = 600;

/// The providers and their models, as the variable `llm_providers` says. The error names what is wrong with it, without a key.
pub async fn catalog() -> Result<Catalog, String> {
    let setting = variable("llm_providers").await?;
    Catalog::read(&setting).map_err(|why| format!("the variable llm_providers cannot be used: {why}"))
}

impl Settings {
    /// What the variables say of calls to a provider. The error says what is to be set.
    pub async fn of(provider: &Provider) -> Result<Self, String> {
        if !provider.has_key() {
            let (label, id) = (&provider.label, &provider.id);
            return Err(format!(
                "models of {label} need a key: set the variable llm_providers to {{\"{id}\": {{\"api_key\": \"…\"}}}}"
            ));
        }
        let tokens: usize = number("llm_max_prompt_tokens", 100..=MAX_PROMPT_TOKENS).await?;
        let seconds: u64 = number("llm_timeout_seconds", 1..=MAX_TIMEOUT_SECONDS).await?;
        Ok(Self {
            url: format!("{}/chat/completions", provider.base_url),
            host: provider.host().to_owned(),
            key: provider.api_key.clone(),
            timeout: Duration::from_secs(seconds),
            budget: tokens * BYTES_OF_TOKEN,
        })
    }
}

async fn variable(name: &str) -> Result<String, String> {
    variables::get(name)
        .await
        .map_err(|error| format!("the variable {name} cannot be read: {error:?}"))
}

async fn number<T: std::str::FromStr + PartialOrd + std::fmt::Display>(
    name: &str,
    range: std::ops::RangeInclusive<T>,
) -> Result<T, String> {
    let text = variable(name).await?;
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!(
            "the variable {name} is {text:?}, not a number from {} to {}",
            range.start(),
            range.end()
        )),
    }
}
