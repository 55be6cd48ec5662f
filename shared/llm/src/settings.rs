//! Where a provider's models are, as the application's variables say.

use std::time::Duration;

use runledger_models::scoring::Provider;
use spin_sdk::variables;

/// What calls to a provider need.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The URL of its chat completions.
    pub(crate) url: String,
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

/// Why a provider cannot be called.
#[derive(Debug)]
pub enum Unset {
    /// It has no key: the variable that is to hold it.
    Key(String),
    /// A variable cannot be used: for the log.
    Variable(String),
}

impl Settings {
    /// What the variables say of a provider.
    pub async fn of(provider: Provider) -> Result<Self, Unset> {
        let base = variable(&format!("llm_{}_base_url", provider.id())).await?;
        let name = format!("llm_{}_api_key", provider.id());
        let key = variable(&name).await?.trim().to_owned();
        if key.is_empty() && provider.needs_key() {
            return Err(Unset::Key(name));
        }
        let tokens: usize = number("llm_max_prompt_tokens", 100..=MAX_PROMPT_TOKENS).await?;
        let seconds: u64 = number("llm_timeout_seconds", 1..=MAX_TIMEOUT_SECONDS).await?;
        Ok(Self {
            url: format!("{}/chat/completions", base.trim_end_matches('/')),
            key,
            timeout: Duration::from_secs(seconds),
            budget: tokens * BYTES_OF_TOKEN,
        })
    }
}

async fn variable(name: &str) -> Result<String, Unset> {
    variables::get(name)
        .await
        .map_err(|error| Unset::Variable(format!("the variable {name} cannot be read: {error:?}")))
}

async fn number<T: std::str::FromStr + PartialOrd + std::fmt::Display>(
    name: &str,
    range: std::ops::RangeInclusive<T>,
) -> Result<T, Unset> {
    let text = variable(name).await?;
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(Unset::Variable(format!(
            "{name} is {text:?}, not a number from {} to {}",
            range.start(),
            range.end()
        ))),
    }
}
