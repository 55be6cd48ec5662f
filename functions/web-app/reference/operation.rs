//! What the reference tells of one operation.

use serde_json::Value;

use super::{
    curl::{self, Part},
    problems,
    schema::{Field, Form, Kind, Prose, Schemas, text},
};

/// Headers of answers that stand in the introduction, since every answer has them.
const COMMON: [&str; 3] = ["Cache-Control", "X-Request-Id", "traceparent"];

/// What one can ask for, and what comes of it.
pub(crate) struct Operation {
    /// Where it is on its page.
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) summary: Prose,
    pub(crate) notes: Prose,
    pub(crate) roles: Vec<String>,
    pub(crate) parameters: Vec<Field>,
    pub(crate) bodies: Vec<Body>,
    pub(crate) command: Vec<Part>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) refusals: Vec<Refusal>,
}

/// A body of one type.
pub(crate) struct Body {
    pub(crate) media: String,
    pub(crate) is_required: bool,
    pub(crate) kind: Kind,
    pub(crate) bounds: Prose,
    pub(crate) fields: Vec<Field>,
}

/// An answer that is no problem.
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) headers: Vec<Prose>,
    pub(crate) contents: Vec<Content>,
}

/// What an answer holds.
pub(crate) struct Content {
    pub(crate) media: String,
    pub(crate) kind: Kind,
    /// The forms of an object that has no name.
    pub(crate) forms: Vec<Form>,
    pub(crate) example: Option<String>,
}

/// A status with the problems, or the exceptions, that come with it.
pub(crate) struct Refusal {
    pub(crate) status: String,
    pub(crate) kinds: Vec<&'static str>,
    pub(crate) exceptions: Vec<&'static str>,
}

impl Operation {
    pub(crate) fn new(path: &str, method: &str, operation: &Value, description: &Value) -> Self {
        let notes = text(operation).0;
        Self {
            id: id(path, method),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: Prose(operation["summary"].as_str().unwrap_or_default().to_owned()),
            // The roles stand beside the path.
            notes: Prose(if notes.starts_with("Roles:") {
                String::new()
            } else {
                notes
            }),
            roles: texts(&operation["x-roles"]),
            parameters: Vec::new(),
            bodies: Vec::new(),
            command: curl::command(path, method, operation),
            answers: Vec::new(),
            refusals: refusals(path, &operation["responses"], description),
        }
    }

    /// What the list at the side calls it, in pieces between which a line may end.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        let path = self.path.trim_start_matches("/api/").trim_start_matches("/rpc/");
        path.split_inclusive('/')
    }

    /// With what needs the schemas.
    pub(crate) fn with<'a>(mut self, operation: &'a Value, description: &'a Value, schemas: &Schemas<'a>) -> Self {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            self.parameters.push(Field {
                within: String::new(),
                name: parameter["name"].as_str().unwrap_or_default().to_owned(),
                place: parameter["in"].as_str().unwrap_or_default().to_owned(),
                is_required: parameter["required"] == true,
                kind: schemas.kind(&parameter["schema"]),
                bounds: schemas.bounds(&parameter["schema"]),
                meaning: text(parameter),
            });
        }
        let body = &operation["requestBody"];
        for (place, (media, content)) in body["content"].as_object().into_iter().flatten().enumerate() {
            self.bodies.push(Body {
                media: media.clone(),
                is_required: body["required"] == true,
                kind: schemas.body_kind(&content["schema"]),
                bounds: schemas.bounds(&content["schema"]),
                fields: if place == 0 {
                    schemas.body(&content["schema"])
                } else {
                    Vec::new()
                },
            });
        }
        for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
            if status.as_str() < "400" {
                self.answers.push(Answer::new(status, answer, description, schemas));
            }
        }
        self
    }
}

impl Answer {
    fn new<'a>(status: &str, answer: &'a Value, description: &Value, schemas: &Schemas<'a>) -> Self {
        let mut headers = Vec::new();
        for (name, header) in answer["headers"].as_object().into_iter().flatten() {
            if !COMMON.contains(&name.as_str()) {
                let header = referred(header, description);
                headers.push(Prose(format!("`{name}` {}", text(header).0).trim().to_owned()));
            }
        }
        let contents = answer["content"].as_object().into_iter().flatten();
        let contents = contents.map(|(media, content)| {
            let schema = &content["schema"];
            let is_named = schema["$ref"].is_string();
            Content {
                media: media.clone(),
                kind: schemas.kind(schema),
                forms: if is_named { Vec::new() } else { schemas.forms(schema, 0) },
                example: media
                    .ends_with("json")
                    .then(|| example(media, &schemas.example(schema))),
            }
        });
        Self {
            status: status.to_owned(),
            reason: answer["description"].as_str().unwrap_or_default().to_owned(),
            headers,
            contents: contents.collect(),
        }
    }
}

fn example(media: &str, value: &Value) -> String {
    if media.ends_with("x-ndjson") {
        return value.to_string();
    }
    // A value can always be written.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// What a reference leads to, or the thing itself.
fn referred<'v>(value: &'v Value, description: &'v Value) -> &'v Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer
        .and_then(|pointer| description.pointer(pointer))
        .unwrap_or(value)
}

fn refusals(path: &str, answers: &Value, description: &Value) -> Vec<Refusal> {
    let answers = answers.as_object().into_iter().flatten();
    let refused = answers.filter(|(status, _)| status.as_str() >= "400");
    let refusals = refused.map(|(status, answer)| {
        let is_problem = referred(answer, description)["content"]["application/problem+json"].is_object();
        let number = status.parse().unwrap_or_default();
        Refusal {
            status: status.clone(),
            kinds: if is_problem {
                problems::of(number, path)
            } else {
                Vec::new()
            },
            exceptions: if is_problem {
                Vec::new()
            } else {
                problems::exceptions(number)
            },
        }
    });
    refusals.collect()
}

/// Where a method stands among those of a path.
pub(crate) fn rank(method: &str) -> usize {
    const ORDER: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    ORDER.iter().position(|known| *known == method).unwrap_or(ORDER.len())
}

/// The anchor of an operation: `get-api-executions-id`.
fn id(path: &str, method: &str) -> String {
    let words = path.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    let words = words.filter(|word| !word.is_empty());
    let words: Vec<_> = std::iter::once(method).chain(words).collect();
    words.join("-")
}

fn texts(values: &Value) -> Vec<String> {
    let values = values.as_array().into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}
