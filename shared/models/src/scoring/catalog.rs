//! Who serves models, which models those are, and what an operator has set for them.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{label::label, mask};

/// The model that is suggested, and taken where none is named.
pub const RECOMMENDED_MODEL: &str = "gpt-4o-mini";
/// The providers that everybody knows, in the form of the variable `llm_providers`.
const BUILT_IN: &str = include_str!("providers.json");
/// What may be said of a provider.
const FIELDS: [&str; 8] = [
    "api_key",
    "base_url",
    "label",
    "models",
    "any_model",
    "needs_key",
    "input_usd",
    "output_usd",
];
/// What may be said of a model.
const MODEL_FIELDS: [&str; 4] = ["value", "label", "input_usd", "output_usd"];
/// The most characters of names.
const MAX_NAME: usize = 200;

/// What a million tokens cost at list prices, in US dollars, where that is known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Prices {
    input: Option<f64>,
    output: Option<f64>,
}

/// A model and what its calls cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What its provider calls it.
    pub value: String,
    label: Option<String>,
    prices: Prices,
}

/// Who serves models, by an API like OpenAI's chat completions. It has no `Debug`: it holds a key.
#[derive(Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "two are settings, two say who made them")]
pub struct Provider {
    /// The name in data.
    pub id: String,
    /// The name as people write it.
    pub label: String,
    /// The URL that its API begins with, without a slash at the end.
    pub base_url: String,
    /// Its key; empty where none is set.
    pub api_key: String,
    needs_key: bool,
    any_model: bool,
    /// Whether the operator has named it, and whether it is known besides.
    is_set: bool,
    is_built_in: bool,
    prices: Prices,
    models: Vec<Model>,
}

/// All providers.
#[derive(Clone, Default)]
pub struct Catalog {
    providers: Vec<Provider>,
}

/// A model as the configuration shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ModelInfo {
    /// What a request names it.
    pub value: String,
    /// The name for people: `Provider: Name`.
    pub label: String,
    /// Who serves it: `openai`, `anthropic`, `groq`, `ollama`, `open_router`, `aiml_api`, `llama_api`, `v0` or a provider of
    /// the operator's own.
    pub provider: String,
}

impl Catalog {
    /// The providers that everybody knows, with what the variable `llm_providers` says of them, and the operator's own. The
    /// error says what is wrong with the variable, and nothing that might be a key.
    pub fn read(setting: &str) -> Result<Self, String> {
        let mut catalog = Self::default();
        catalog.add(BUILT_IN)?;
        for provider in &mut catalog.providers {
            (provider.is_built_in, provider.is_set) = (true, false);
        }
        if !setting.trim().is_empty() {
            catalog.add(setting)?;
        }
        Ok(catalog)
    }

    fn add(&mut self, setting: &str) -> Result<(), String> {
        const FORM: &str = "it has to be like {\"openai\": {\"api_key\": \"…\"}}";
        let providers: Value =
            serde_json::from_str(setting).map_err(|error| format!("it is not JSON: {error}; {FORM}"))?;
        let providers = providers
            .as_object()
            .ok_or_else(|| format!("it is not an object; {FORM}"))?;
        for (id, fields) in providers {
            let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
            if id.is_empty() || id.len() > MAX_NAME || !id.bytes().all(is_name) {
                let shown = mask(id);
                return Err(format!(
                    "{shown:?} is no name of a provider: those have a-z, 0-9, _ and -"
                ));
            }
            let known = self.providers.iter().position(|provider| provider.id == *id);
            let mut provider = known.map_or_else(Provider::default, |at| self.providers[at].clone());
            provider.id.clone_from(id);
            provider.set(fields).map_err(|why| format!("{}: {why}", mask(id)))?;
            match known {
                Some(at) => self.providers[at] = provider,
                None => self.providers.push(provider),
            }
        }
        Ok(())
    }

    /// The model that a request means, and who serves it: the name of a listed one, `provider/name`, or any name where one
    /// provider that the operator has set takes any.
    pub fn choose(&self, name: &str) -> Option<(&Provider, Model)> {
        let listed = self
            .providers
            .iter()
            .filter_map(|provider| Some((provider, provider.listed(name)?)));
        // The operator's own first, then those that are set.
        if let Some(listed) = listed.min_by_key(|(provider, _)| (provider.is_built_in, !provider.is_set)) {
            return Some(listed);
        }
        if let Some((id, value)) = name.split_once('/')
            && let Some(found) = self.model(id, value)
        {
            return Some(found);
        }
        let mut takers = self
            .providers
            .iter()
            .filter(|provider| provider.is_set && provider.any_model);
        let (taker, other) = (takers.next()?, takers.next());
        if other.is_some() {
            None
        } else {
            Some((taker, taker.model(name)?))
        }
    }

    /// A provider's model by their names.
    pub fn model(&self, provider: &str, value: &str) -> Option<(&Provider, Model)> {
        let provider = self.providers.iter().find(|known| known.id == provider)?;
        Some((provider, provider.model(value)?))
    }

    /// The models as the configuration shows them: by provider, then by label.
    pub fn list(&self) -> Vec<ModelInfo> {
        let mut list: Vec<_> = self
            .providers
            .iter()
            .flat_map(|provider| provider.models.iter().map(move |model| (provider, model)))
            .map(|(provider, model)| {
                // What two providers have is named by the one that does not come first.
                let is_first = self
                    .choose(&model.value)
                    .is_some_and(|(first, _)| first.id == provider.id);
                let value = if is_first {
                    model.value.clone()
                } else {
                    format!("{}/{}", provider.id, model.value)
                };
                let mark = if value == RECOMMENDED_MODEL {
                    " (Recommended)"
                } else {
                    ""
                };
                let name = model.label.clone().unwrap_or_else(|| label(&model.value));
                ModelInfo {
                    value,
                    label: format!("{}: {name}{mark}", provider.label),
                    provider: provider.id.clone(),
                }
            })
            .collect();
        list.sort_by(|a, b| (&a.provider, &a.label).cmp(&(&b.provider, &b.label)));
        list
    }
}

impl Provider {
    /// Whether it can be called as far as keys go.
    pub const fn has_key(&self) -> bool {
        !self.needs_key || !self.api_key.is_empty()
    }

    /// The scheme and the host of its API.
    pub fn host(&self) -> &str {
        let host_at = self.base_url.find("://").map_or(0, |at| at + 3);
        let length = self.base_url[host_at..].find('/');
        length.map_or(self.base_url.as_str(), |length| &self.base_url[..host_at + length])
    }

    fn listed(&self, value: &str) -> Option<Model> {
        self.models.iter().find(|model| model.value == value).cloned()
    }

    fn model(&self, value: &str) -> Option<Model> {
        let takes_it = self.any_model && name(value).is_ok();
        self.listed(value).or_else(|| {
            takes_it.then(|| Model {
                value: value.to_owned(),
                label: None,
                prices: self.prices,
            })
        })
    }

    fn set(&mut self, fields: &Value) -> Result<(), String> {
        let fields = object(fields, &FIELDS)?;
        self.is_set = true;
        if let Some(key) = fields.get("api_key") {
            let key = text(key).map_err(|why| format!("api_key {why}"))?.trim();
            if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err("api_key has characters that no header can carry".to_owned());
            }
            key.clone_into(&mut self.api_key);
        }
        if let Some(url) = fields.get("base_url") {
            self.base_url = base_url(url)?;
        }
        if self.base_url.is_empty() {
            return Err("base_url is missing: it is no provider that is built in".to_owned());
        }
        if let Some(label) = fields.get("label") {
            self.label =
                name(text(label).map_err(|why| format!("label {why}"))?).map_err(|why| format!("label {why}"))?;
        } else if self.label.is_empty() {
            self.label.clone_from(&self.id);
        }
        for (field, flag) in [("any_model", &mut self.any_model), ("needs_key", &mut self.needs_key)] {
            if let Some(given) = fields.get(field) {
                *flag = given.as_bool().ok_or_else(|| format!("{field} is not true or false"))?;
            }
        }
        self.prices = prices(fields, self.prices)?;
        if let Some(models) = fields.get("models") {
            let models = models.as_array().ok_or("models is not a list")?;
            for (at, model) in models.iter().enumerate() {
                let model = self.read_model(model).map_err(|why| format!("models[{at}]: {why}"))?;
                self.models.retain(|known| known.value != model.value);
                self.models.push(model);
            }
        }
        if self.models.is_empty() && !self.any_model {
            return Err("it has no models, and any_model is not true".to_owned());
        }
        Ok(())
    }

    fn read_model(&self, model: &Value) -> Result<Model, String> {
        let fields = object(model, &MODEL_FIELDS)?;
        let named = |field: &str| {
            let given = fields.get(field);
            given
                .map(|given| text(given).and_then(name).map_err(|why| format!("{field} {why}")))
                .transpose()
        };
        Ok(Model {
            value: named("value")?.ok_or("value is missing")?,
            label: named("label")?,
            prices: prices(fields, self.prices)?,
        })
    }
}

impl Model {
    /// What a call costs at list prices, in US dollars; `None` where those, or the tokens, are not known.
    pub fn cost_usd(&self, prompt_tokens: Option<u32>, completion_tokens: Option<u32>) -> Option<f64> {
        const MILLION: f64 = 1e6;
        let cost = |tokens: Option<u32>, price: Option<f64>| match price {
            Some(0.0) => Some(0.0),
            price => Some(f64::from(tokens?) * price?),
        };
        Some((cost(prompt_tokens, self.prices.input)? + cost(completion_tokens, self.prices.output)?) / MILLION)
    }
}

fn object<'a>(given: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let fields = given.as_object().ok_or("not an object")?;
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        Some(field) => {
            let field = mask(field);
            Err(format!("{field:?} is not known; there are {}", known.join(", ")))
        }
        None => Ok(fields),
    }
}

fn text(given: &Value) -> Result<&str, String> {
    given.as_str().ok_or_else(|| "is not a text".to_owned())
}

fn name(text: &str) -> Result<String, String> {
    let is_name = !text.trim().is_empty() && text.chars().count() <= MAX_NAME && !text.contains(char::is_control);
    is_name
        .then(|| text.to_owned())
        .ok_or_else(|| format!("has to have 1 to {MAX_NAME} visible characters"))
}

fn base_url(given: &Value) -> Result<String, String> {
    let url = text(given)
        .map_err(|why| format!("base_url {why}"))?
        .trim()
        .trim_end_matches('/');
    let url = url
        .strip_suffix("/chat/completions")
        .unwrap_or(url)
        .trim_end_matches('/');
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest
        .ok_or("base_url does not begin with https:// or http://")?
        .split('/')
        .next();
    if host.is_some_and(|host| host.contains('@')) {
        return Err("base_url holds a user's name; what is secret belongs into api_key".to_owned());
    }
    if host.is_none_or(str::is_empty) || !url.bytes().all(|byte| byte.is_ascii_graphic()) || url.contains(['?', '#']) {
        return Err("base_url is no URL of an API, such as https://models.example.com/v1".to_owned());
    }
    Ok(url.to_owned())
}

fn prices(fields: &Map<String, Value>, default: Prices) -> Result<Prices, String> {
    let price = |field: &str, default: Option<f64>| match fields.get(field) {
        None => Ok(default),
        Some(given) => {
            let price = given.as_f64().filter(|price| *price >= 0.0);
            price.map(Some).ok_or_else(|| format!("{field} is not a price"))
        }
    };
    Ok(Prices {
        input: price("input_usd", default.input)?,
        output: price("output_usd", default.output)?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Who serves what name.
    fn chosen(catalog: &Catalog, name: &str) -> Option<(String, String)> {
        let (provider, model) = catalog.choose(name)?;
        Some((provider.id.clone(), model.value))
    }

    #[test]
    fn the_list_has_the_recommended_model_and_no_model_twice() {
        let catalog = Catalog::read("").unwrap();
        let list = catalog.list();
        assert!(list.len() >= 40);
        let values: HashSet<_> = list.iter().map(|model| &model.value).collect();
        assert_eq!(values.len(), list.len());
        let recommended = list.iter().find(|model| model.value == RECOMMENDED_MODEL).unwrap();
        assert_eq!(recommended.label, "OpenAI: GPT 4o Mini (Recommended)");
        let (provider, model) = catalog.choose(RECOMMENDED_MODEL).unwrap();
        assert!(!provider.has_key());
        assert_eq!(provider.host(), "https://api.openai.com");
        assert_eq!(model.cost_usd(Some(1_000_000), Some(500_000)), Some(0.45));
        assert_eq!(model.cost_usd(Some(1_000_000), None), None);
        let (provider, model) = catalog.choose("ollama/qwen3:4b").unwrap();
        assert!(provider.has_key());
        assert_eq!(model.cost_usd(None, None), Some(0.0));
    }

    #[test]
    fn the_operator_sets_keys_urls_and_providers_of_its_own() {
        let catalog = Catalog::read(
            r#"{
                "openai": { "api_key": " sk-1 ", "base_url": "https://proxy.example.com/openai/v1/" },
                "vllm": {
                    "base_url": "http://models:8000/v1/chat/completions", "label": "Our own",
                    "models": [{ "value": "judge-7b", "label": "The judge" }, { "value": "gpt-4o" }]
                }
            }"#,
        )
        .unwrap();
        let (openai, _) = catalog.choose(RECOMMENDED_MODEL).unwrap();
        assert_eq!(
            (openai.api_key.as_str(), openai.base_url.as_str(), openai.host()),
            (
                "sk-1",
                "https://proxy.example.com/openai/v1",
                "https://proxy.example.com"
            )
        );
        let (own, model) = catalog.choose("judge-7b").unwrap();
        assert!(own.has_key());
        assert_eq!(
            (own.base_url.as_str(), model.cost_usd(Some(1), Some(1))),
            ("http://models:8000/v1", None)
        );
        let list = catalog.list();
        let label = |value: &str| {
            list.iter()
                .find(|model| model.value == value)
                .map(|model| model.label.as_str())
        };
        assert_eq!(label("judge-7b"), Some("Our own: The judge"));
        // What the operator lists too is the operator's own; the other has a name as well.
        assert_eq!(label("gpt-4o"), Some("Our own: GPT 4o"));
        assert_eq!(label("openai/gpt-4o"), Some("OpenAI: GPT 4o"));
        for model in &list {
            assert_eq!(
                chosen(&catalog, &model.value).unwrap().0,
                model.provider,
                "{}",
                model.value
            );
        }
    }

    #[test]
    fn any_name_is_taken_by_those_who_take_any() {
        let two = r#"{ "ollama": {}, "own": { "base_url": "http://own", "any_model": true } }"#;
        for (setting, name, expected) in [
            ("", "qwen3", None),
            ("", "ollama/qwen3", Some(("ollama", "qwen3"))),
            ("", "openai/gpt-9", None),
            ("", "openai/gpt-4o", Some(("openai", "gpt-4o"))),
            ("", "openai/gpt-oss-20b", Some(("open_router", "openai/gpt-oss-20b"))),
            (r#"{ "ollama": {} }"#, "qwen3:4b", Some(("ollama", "qwen3:4b"))),
            (r#"{ "ollama": {} }"#, "hf.co/a/b", Some(("ollama", "hf.co/a/b"))),
            (
                r#"{ "open_router": { "api_key": "k", "any_model": true } }"#,
                "openai/gpt-9",
                Some(("open_router", "openai/gpt-9")),
            ),
            (two, "qwen3", None),
            (two, "own/qwen3", Some(("own", "qwen3"))),
            (two, "own/", None),
            (two, "own/a\nb", None),
            (two, "gpt-4o", Some(("openai", "gpt-4o"))),
        ] {
            let catalog = Catalog::read(setting).unwrap();
            let found = chosen(&catalog, name);
            let found = found
                .as_ref()
                .map(|(provider, model)| (provider.as_str(), model.as_str()));
            assert_eq!(found, expected, "{setting} {name}");
        }
    }

    #[test]
    fn a_fault_is_named_without_a_key() {
        const KEY: &str = "sk-abcdefghijklmnopqrstuvwxyz";
        for (setting, why) in [
            ("KEY", "not JSON"),
            (r#""KEY""#, "not an object"),
            ("[]", "not an object"),
            (r#"{"openai": "KEY"}"#, "openai: not an object"),
            (r#"{"KEY": {}}"#, "[secret]: base_url is missing"),
            (r#"{"OpenAI": {"api_key": "KEY"}}"#, "no name of a provider"),
            (r#"{"openai": {"KEY": 1}}"#, "is not known; there are api_key, base_url"),
            (r#"{"openai": {"apikey": "KEY"}}"#, "\"apikey\" is not known"),
            (r#"{"openai": {"api_key": ["KEY"]}}"#, "openai: api_key is not a text"),
            (
                r#"{"openai": {"api_key": "KEY\nKEY"}}"#,
                "openai: api_key has characters",
            ),
            (
                r#"{"openai": {"base_url": "api.openai.com"}}"#,
                "does not begin with https://",
            ),
            (r#"{"openai": {"base_url": "https:///v1"}}"#, "no URL of an API"),
            (
                r#"{"openai": {"base_url": "https://a:KEY@b/v1"}}"#,
                "belongs into api_key",
            ),
            (
                r#"{"openai": {"base_url": "https://b/v1?key=KEY"}}"#,
                "no URL of an API",
            ),
            (r#"{"own": {"api_key": "KEY"}}"#, "own: base_url is missing"),
            (
                r#"{"own": {"base_url": "http://own"}}"#,
                "own: it has no models, and any_model is not true",
            ),
            (
                r#"{"own": {"base_url": "http://own", "any_model": "KEY"}}"#,
                "any_model is not true or false",
            ),
            (
                r#"{"own": {"base_url": "http://own", "models": {}}}"#,
                "models is not a list",
            ),
            (
                r#"{"own": {"base_url": "http://own", "models": ["KEY"]}}"#,
                "models[0]: not an object",
            ),
            (
                r#"{"own": {"base_url": "http://own", "models": [{}]}}"#,
                "models[0]: value is missing",
            ),
            (
                r#"{"own": {"base_url": "http://own", "models": [{"value": ""}]}}"#,
                "models[0]: value has to have",
            ),
            (r#"{"openai": {"label": 1}}"#, "label is not a text"),
            (r#"{"openai": {"input_usd": -1}}"#, "input_usd is not a price"),
        ] {
            let error = Catalog::read(&setting.replace("KEY", KEY)).err().unwrap();
            assert!(error.contains(why), "{setting}: {error}");
            assert!(!error.contains(KEY), "{setting}: {error}");
        }
    }
}
