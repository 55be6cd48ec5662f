//! Values for examples: those that the description has, or else some that fit their schemas and each other.

use serde_json::{Map, Value, json};

use super::schema::{Schemas, alternatives, types};

/// How deep an example goes.
const DEPTH: usize = 6;

/// What members and parameters of these names are in every example: the same things as in the bodies that the description
/// shows.
const SAMPLES: [(&str, &str); 30] = [
    ("graph_id", "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49"),
    ("agent_id", "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49"),
    ("most_used_agent", "Answerer"),
    ("node_id", "0197a3c2-7d4f-7b20-a1c6-3e9f8d7c6b5a"),
    ("block_id", "c0a8e994-ebf1-4a9c-a4d8-89d09c86741b"),
    ("graph_exec_id", EXECUTION),
    ("exec_id", EXECUTION),
    ("node_exec_id", "0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86"),
    ("user_id", USER),
    ("created_by", USER),
    ("hold_id", HOLD),
    ("job_id", JOB),
    ("share_token", TOKEN),
    ("share_url", "/shared/Cavv9mnqRr6I0JvTHx2mLQyZ5sWc8dEf1gKb3nUo"),
    ("model_name", "gpt-4o-mini"),
    ("recommended_model", "gpt-4o-mini"),
    ("provider", "openai"),
    ("agent_name", "Answerer"),
    ("graph_name", "Answerer"),
    ("block_name", "Ask a model"),
    ("graph_description", "Answers a question."),
    ("description", "Answers a question."),
    ("activity_status", "It answered the question."),
    ("summary_text", "It answered the question."),
    ("source", "output"),
    ("source_name", "result"),
    ("sink_name", "question"),
    ("name", "question"),
    ("key", "last-seen"),
    ("user_timezone", "Europe/Zurich"),
];

pub(crate) const USER: &str = "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11";
pub(crate) const EXECUTION: &str = "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70";
const HOLD: &str = "0197a3c2-a0c4-7e15-9d3b-2f6a8c1e7b04";
const JOB: &str = "0197a3c2-a1d7-7a38-8b5e-4c9d0f3a6e21";
const TOKEN: &str = "Cavv9mnqRr6I0JvTHx2mLQyZ5sWc8dEf1gKb3nUo";

/// The segments before an `{id}` that say whose it is.
const IDS: [(&str, &str); 7] = [
    ("executions", EXECUTION),
    ("node-executions", "0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86"),
    // Not that of the bodies, which is one of the platform's own.
    ("blocks", "0197a3c2-6c10-7b3d-9e42-7f1a0c8d5b26"),
    ("holds", HOLD),
    ("queue", "0197a3c2-9c20-7b61-a4f8-5d2e0c7b9a13"),
    ("shared", TOKEN),
    ("internal/jobs", "late-executions"),
];

/// The value of a parameter, where its path or its name says what it is.
pub(crate) fn parameter(before: &str, name: &str, schema: &Value) -> String {
    let of_path = IDS
        .iter()
        .find(|(segment, _)| before.ends_with(&format!("/{segment}/")));
    let of_path = of_path.or_else(|| (before.ends_with("/jobs/")).then_some(&("jobs", JOB)));
    if let Some((_, value)) = of_path {
        return (*value).to_owned();
    }
    if let Some(value) = sample(name) {
        return value.to_owned();
    }
    match &schema["examples"][0] {
        Value::String(text) => text.clone(),
        _ if types(schema).contains(&"integer") => integer(schema).to_string(),
        _ => name.to_owned(),
    }
}

fn sample(name: &str) -> Option<&'static str> {
    SAMPLES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| *value)
}

fn integer(schema: &Value) -> i64 {
    let least = schema["minimum"].as_i64().unwrap_or(1);
    schema["maximum"]
        .as_i64()
        .map_or(least.max(1), |most| least.max(1).min(most))
}

impl<'a> Schemas<'a> {
    /// A value that fits a schema. `owner`: the name of the schema around it, `name`: that of the member that it is.
    pub(crate) fn example(&self, schema: &'a Value) -> Value {
        self.sample(schema, "", "", DEPTH)
    }

    fn sample(&self, schema: &'a Value, owner: &str, name: &str, depth: usize) -> Value {
        let (schema, named) = self.resolve(schema);
        let owner = named.unwrap_or(owner);
        if let Some(example) = schema.get("example").or_else(|| schema["examples"].get(0)) {
            return match (sample(name), example) {
                (Some(text), Value::String(_)) => text.into(),
                _ if name == "status" => "COMPLETED".into(),
                _ => example.clone(),
            };
        }
        if let Some(mut alternatives) = alternatives(schema) {
            return alternatives
                .next()
                .map_or(Value::Null, |first| self.sample(first, owner, name, depth));
        }
        if let Some(names) = schema["enum"].as_array() {
            let done = names.iter().find(|name| **name == "COMPLETED");
            return done.or(names.first()).cloned().unwrap_or_default();
        }
        if schema["allOf"].is_array() || schema["properties"].is_object() {
            let mut members = Map::new();
            self.members(schema, owner, depth, &mut members);
            return Value::Object(members);
        }
        match types(schema).first().copied() {
            Some("array") if depth > 0 && schema["prefixItems"].is_array() => {
                let items = schema["prefixItems"].as_array().into_iter().flatten();
                items.map(|item| self.sample(item, owner, name, depth - 1)).collect()
            }
            Some("array") if depth > 0 => json!([self.sample(&schema["items"], owner, name, depth - 1)]),
            Some("array") => json!([]),
            Some("object") => json!({ "question": "why" }),
            Some("string") => text(owner, name).into(),
            Some("integer") => integer(schema).into(),
            Some("number") => json!(schema["maximum"].as_f64().map_or(1.5, |most| most * 0.75)),
            Some("boolean") => Value::Bool(!name.starts_with("is_shared")),
            Some("null") => Value::Null,
            _ => json!("why"),
        }
    }

    fn members(&self, schema: &'a Value, owner: &str, depth: usize, members: &mut Map<String, Value>) {
        let (schema, _) = self.resolve(schema);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.members(part, owner, depth, members);
        }
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let is_left_out = matches!(name.as_str(), "truncated" | "error" | "error_message" | "next_cursor")
                || name.starts_with("parent_")
                || name.starts_with("root_");
            let value = if is_left_out || depth == 0 {
                Value::Null
            } else {
                self.sample(member, owner, name, depth - 1)
            };
            if !(name == "truncated" && value.is_null()) {
                members.insert(name.clone(), value);
            }
        }
    }
}

/// A text for a member of a schema.
fn text(owner: &str, name: &str) -> String {
    let own = match (owner, name) {
        ("ScoringJob", "id") => JOB,
        ("Block", "name") => "Ask a model",
        ("GraphVersion" | "NewGraphVersion", "name") => "Answerer",
        ("GraphNode", "id") => "0197a3c2-7d4f-7b20-a1c6-3e9f8d7c6b5a",
        ("GraphVersion", "id") => "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
        (_, "id" | "ids") => EXECUTION,
        _ => sample(name).unwrap_or("text"),
    };
    own.to_owned()
}
