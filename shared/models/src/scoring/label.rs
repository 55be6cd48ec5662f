//! What models are called for people.

/// The first year that is taken for one in a model's name.
const FIRST_YEAR: u32 = 2020;

/// The name for people: without vendor and dates, its words capitalised.
pub(super) fn label(value: &str) -> String {
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
}
