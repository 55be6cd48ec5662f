//! The models that may score, who serves them, and what they are called.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The model that is suggested, and taken where none is named.
pub const RECOMMENDED_MODEL: &str = "gpt-4o-mini";
/// The first year that is taken for one in a model's name.
const FIRST_YEAR: u32 = 2020;

/// Who serves models, by an API like OpenAI's chat completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// AI/ML API.
    AimlApi,
    /// Anthropic.
    Anthropic,
    /// Groq.
    Groq,
    /// Meta's Llama API.
    LlamaApi,
    /// A server of one's own.
    Ollama,
    /// OpenRouter.
    OpenRouter,
    /// OpenAI.
    #[serde(rename = "openai")]
    OpenAi,
    /// Vercel's v0.
    V0,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::AimlApi,
        Self::Anthropic,
        Self::Groq,
        Self::LlamaApi,
        Self::Ollama,
        Self::OpenRouter,
        Self::OpenAi,
        Self::V0,
    ];

    /// The name in data and in the names of variables.
    pub const fn id(self) -> &'static str {
        match self {
            Self::AimlApi => "aiml_api",
            Self::Anthropic => "anthropic",
            Self::Groq => "groq",
            Self::LlamaApi => "llama_api",
            Self::Ollama => "ollama",
            Self::OpenRouter => "open_router",
            Self::OpenAi => "openai",
            Self::V0 => "v0",
        }
    }

    /// The name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AimlApi => "AI/ML API",
            Self::Anthropic => "Anthropic",
            Self::Groq => "Groq",
            Self::LlamaApi => "Llama API",
            Self::Ollama => "Ollama",
            Self::OpenRouter => "OpenRouter",
            Self::OpenAi => "OpenAI",
            Self::V0 => "v0",
        }
    }

    /// Whether calls need a key.
    pub const fn needs_key(self) -> bool {
        !matches!(self, Self::Ollama)
    }

    /// The provider of this name in data.
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.id() == id)
    }
}

/// A model of the list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Model {
    /// What its provider calls it.
    pub value: String,
    /// Who serves it.
    pub provider: Provider,
    /// The list price of a million tokens that go in, in US dollars, where it is known.
    pub input_usd: Option<f64>,
    /// The list price of a million tokens that come out.
    pub output_usd: Option<f64>,
}

/// A model as the configuration shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ModelInfo {
    /// What its provider calls it: what a request names.
    pub value: String,
    /// The name for people: `Provider: Name`.
    pub label: String,
    /// Who serves it: `openai`, `anthropic`, `groq`, `ollama`, `open_router`, `aiml_api`, `llama_api` or `v0`.
    pub provider: &'static str,
}

/// The list of models, a data file.
pub fn models() -> Result<Vec<Model>, serde_json::Error> {
    serde_json::from_str(include_str!("models.json"))
}

impl Model {
    /// The model as the configuration shows it.
    pub fn info(&self) -> ModelInfo {
        let recommended = if self.value == RECOMMENDED_MODEL {
            " (Recommended)"
        } else {
            ""
        };
        ModelInfo {
            value: self.value.clone(),
            label: format!("{}: {}{recommended}", self.provider.name(), label(&self.value)),
            provider: self.provider.id(),
        }
    }

    /// What a call costs at list prices, in US dollars; `None` where those are not known.
    pub fn cost_usd(&self, prompt_tokens: u64, completion_tokens: u64) -> Option<f64> {
        const MILLION: f64 = 1e6;
        let cost = prompt_tokens as f64 * self.input_usd? + completion_tokens as f64 * self.output_usd?;
        Some(cost / MILLION)
    }
}

/// The name for people: without vendor and dates, its words capitalised.
fn label(value: &str) -> String {
    let name = value.rsplit('/').next().unwrap_or(value).replace('_', "-");
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    let mut words = Vec::new();
    let mut rest = parts.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let dated = date(rest);
        if dated > 0 {
            rest = &rest[dated..];
        } else {
            words.push(word(first));
            rest = after;
        }
    }
    words.join(" ")
}

fn word(part: &str) -> String {
    let upper = part.to_uppercase();
    if matches!(upper.as_str(), "GPT" | "LLM" | "API" | "V0") {
        return upper;
    }
    let mut letters = part.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// How many of the parts at the beginning are a date: `20240307`, `2025-04-16`, `2025-04`, `08-2024`, `03-25`, `2024`.
fn date(parts: &[&str]) -> usize {
    let year = |at: usize| number(parts, at, 4).is_some_and(|year| (FIRST_YEAR..2100).contains(&year));
    let month = |at: usize| number(parts, at, 2).is_some_and(|month| (1..=12).contains(&month));
    let day = |at: usize| number(parts, at, 2).is_some_and(|day| (1..=31).contains(&day));
    match () {
        () if number(parts, 0, 8).is_some_and(|date| date / 10_000 >= FIRST_YEAR) => 1,
        () if year(0) && month(1) && day(2) => 3,
        () if (year(0) && month(1)) || (month(0) && year(1)) || (month(0) && day(1)) => 2,
        () if year(0) => 1,
        () => 0,
    }
}

fn number(parts: &[&str], at: usize, digits: usize) -> Option<u32> {
    let part = parts.get(at)?;
    (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn labels_drop_dates_and_keep_versions() {
        for (value, expected) in [
            ("gpt-4-turbo", "GPT 4 Turbo"),
            ("gpt-4o-mini", "GPT 4o Mini"),
            ("gpt-3.5-turbo", "GPT 3.5 Turbo"),
            ("claude-3-haiku-20240307", "Claude 3 Haiku"),
            ("claude-3-7-sonnet-20250219", "Claude 3 7 Sonnet"),
            ("claude-opus-4-5-20251101", "Claude Opus 4 5"),
            ("o3-2025-04-16", "O3"),
            ("gpt-5-mini-2025-08-07", "GPT 5 Mini"),
            ("google/gemini-2.5-pro-preview-03-25", "Gemini 2.5 Pro Preview"),
            ("google/gemini-2.0-flash-001", "Gemini 2.0 Flash 001"),
            ("cohere/command-r-08-2024", "Command R"),
            ("some-model-2024-11", "Some Model"),
            ("some-model-2024", "Some Model"),
            ("vendor/my_llm-api", "My LLM API"),
            ("llama3.1:405b", "Llama3.1:405b"),
            ("Qwen/Qwen2.5-72B-Instruct-Turbo", "Qwen2.5 72B Instruct Turbo"),
            ("meta-llama/llama-4-scout", "Llama 4 Scout"),
            ("hermes-3-llama-3.1-405b", "Hermes 3 Llama 3.1 405b"),
            ("v0-1.5-md", "V0 1.5 Md"),
            // Neither is a year or a date.
            ("model-1999", "Model 1999"),
            ("model-16-32", "Model 16 32"),
            ("model-12345678", "Model 12345678"),
            ("deepseek-r1-0528", "Deepseek R1 0528"),
        ] {
            assert_eq!(label(value), expected, "{value}");
        }
    }

    #[test]
    fn the_list_has_the_recommended_model_and_no_model_twice() {
        let models = models().unwrap();
        assert!(models.len() >= 40);
        let values: HashSet<_> = models.iter().map(|model| &model.value).collect();
        assert_eq!(values.len(), models.len());
        let recommended = models.iter().find(|model| model.value == RECOMMENDED_MODEL).unwrap();
        assert_eq!(recommended.info().label, "OpenAI: GPT 4o Mini (Recommended)");
        assert_eq!(recommended.cost_usd(1_000_000, 500_000), Some(0.45));
        for provider in Provider::ALL {
            assert_eq!(Provider::named(provider.id()), Some(provider));
            assert_eq!(serde_json::to_value(provider).unwrap(), provider.id());
            assert!(models.iter().any(|model| model.provider == provider), "{provider:?}");
        }
    }
}
