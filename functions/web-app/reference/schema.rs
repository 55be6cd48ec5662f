//! Schemas of the description, as tables for people: what a field is called, of which kind it is, and what it means.

use std::{cell::RefCell, collections::BTreeSet};

use askama::{Template, filters::HtmlSafe};
use serde_json::Value;

/// How deep the objects in a request body are shown in the body's own table.
const DEPTH: usize = 4;

/// The named schemas, and those that a page has to show, since it has links to them.
pub(crate) struct Schemas<'a> {
    named: &'a Value,
    linked: RefCell<BTreeSet<String>>,
}

/// A text with `code` in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = "{% for (is_code, text) in self.parts() %}{% if is_code %}<code>{{ text }}</code>{% else %}{{ text }}{% endif %}{% endfor %}"
)]
pub(crate) struct Prose(pub(crate) String);

impl HtmlSafe for Prose {}

impl Prose {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn parts(&self) -> Vec<(bool, &str)> {
        let parts = self.0.split('`').enumerate();
        parts.map(|(place, text)| (place % 2 == 1, text)).collect()
    }
}

/// A part of the name of a kind.
#[derive(Debug)]
enum Piece {
    Word(String),
    Code(String),
    /// The name of a schema that is shown further down.
    Link(String),
}

/// What values there may be, in a few words.
#[derive(Debug, Template)]
#[template(
    ext = "html",
    source = r##"{% for piece in pieces %}{% match piece %}{% when Piece::Word(text) %}{{ text }}{% when Piece::Code(text) %}<code>{{ text }}</code>{% when Piece::Link(name) %}<a href="#{{ Self::anchor(name) }}">{{ name }}</a>{% endmatch %}{% endfor %}"##
)]
pub(crate) struct Kind {
    pieces: Vec<Piece>,
}

impl HtmlSafe for Kind {}

impl Kind {
    /// Where a named schema is on its page.
    fn anchor(name: &str) -> String {
        format!("type-{}", name.to_lowercase())
    }
}

/// A member of an object, a parameter, or a header.
pub(crate) struct Field {
    /// What stands before its name, if it is within another one.
    pub(crate) within: String,
    pub(crate) name: String,
    /// Where a parameter is sent: `path`, `query` or `header`.
    pub(crate) place: String,
    pub(crate) is_required: bool,
    pub(crate) kind: Kind,
    pub(crate) bounds: Prose,
    pub(crate) meaning: Prose,
}

/// One form that an object may have.
pub(crate) struct Form {
    pub(crate) meaning: Prose,
    pub(crate) fields: Vec<Field>,
}

/// A named schema that a page shows.
pub(crate) struct Shape {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) meaning: Prose,
    pub(crate) forms: Vec<Form>,
}

impl<'a> Schemas<'a> {
    pub(crate) fn new(description: &'a Value) -> Self {
        Self {
            named: &description["components"]["schemas"],
            linked: RefCell::default(),
        }
    }

    /// The schema that is meant, with its name if it has one.
    pub(crate) fn resolve(&self, mut schema: &'a Value) -> (&'a Value, Option<&'a str>) {
        let mut name = None;
        while let Some(reference) = schema["$ref"].as_str() {
            name = reference.rsplit('/').next();
            schema = &self.named[name.unwrap_or_default()];
        }
        (schema, name)
    }

    /// The schemas that have been linked to, and those that they link to.
    pub(crate) fn shapes(&self) -> Vec<Shape> {
        let mut shapes: Vec<Shape> = Vec::new();
        loop {
            let linked = self.linked.borrow().clone();
            let is_new = |name: &&String| !shapes.iter().any(|shape| shape.name == **name);
            let Some(name) = linked.iter().find(is_new) else { break };
            let schema = &self.named[name];
            shapes.push(Shape {
                id: Kind::anchor(name),
                name: name.clone(),
                meaning: text(schema),
                forms: self.forms(schema, 0),
            });
        }
        shapes.sort_by(|one, other| one.name.cmp(&other.name));
        shapes
    }

    /// What values a schema has.
    pub(crate) fn kind(&self, schema: &'a Value) -> Kind {
        Kind {
            pieces: self.pieces(schema),
        }
    }

    /// What a request body is, whose members follow.
    pub(crate) fn body_kind(&self, schema: &'a Value) -> Kind {
        let (inner, joint) = self.within(schema);
        if is_shape(inner) {
            wrapped(joint, schema)
        } else {
            self.kind(schema)
        }
    }

    fn pieces(&self, schema: &'a Value) -> Vec<Piece> {
        let (schema, name) = self.resolve(schema);
        if let Some(name) = name.filter(|_| is_shape(schema)) {
            self.linked.borrow_mut().insert(name.to_owned());
            return vec![Piece::Link(name.to_owned())];
        }
        if let Some(alternatives) = alternatives(schema) {
            return joined(alternatives.map(|one| self.pieces(one)), " or ");
        }
        if let Some(names) = schema["enum"].as_array() {
            let codes = names.iter().map(|name| vec![Piece::Code(plain(name))]);
            return [vec![Piece::Word("one of ".into())], joined(codes, ", ")].concat_pieces();
        }
        if schema.get("contentSchema").is_some() {
            let content = self.pieces(&schema["contentSchema"]);
            return [vec![Piece::Word("JSON text: ".into())], content].concat_pieces();
        }
        let types = types(schema);
        if types.is_empty() {
            return vec![Piece::Word("any JSON".into())];
        }
        joined(types.into_iter().map(|name| self.of_type(name, schema)), " or ")
    }

    fn of_type(&self, name: &str, schema: &'a Value) -> Vec<Piece> {
        let word = |word: &str| vec![Piece::Word(word.to_owned())];
        match name {
            "array" => {
                let items = match schema["prefixItems"].as_array() {
                    Some(items) => {
                        return [
                            word("pair of "),
                            joined(items.iter().map(|item| self.pieces(item)), " and "),
                        ]
                        .concat_pieces();
                    }
                    None => self.pieces(&schema["items"]),
                };
                [word("list of "), items].concat_pieces()
            }
            "object" if schema["additionalProperties"].is_object() => {
                let values = self.pieces(&schema["additionalProperties"]);
                [word("object of "), values, word(" by name")].concat_pieces()
            }
            "string" if schema["format"] == "date-time" => word("time"),
            name => word(name),
        }
    }

    /// The forms of an object.
    pub(crate) fn forms(&self, schema: &'a Value, depth: usize) -> Vec<Form> {
        let (schema, _) = self.resolve(schema);
        if !is_shape(schema) {
            return Vec::new();
        }
        let form = |schema, meaning| {
            let mut fields = Vec::new();
            self.fields(schema, "", depth, &mut fields);
            Form { meaning, fields }
        };
        match alternatives(schema) {
            Some(alternatives) => alternatives.map(|one| form(one, text(one))).collect(),
            None => vec![form(schema, Prose::default())],
        }
    }

    /// The members of a request body, and what is in them.
    pub(crate) fn body(&self, schema: &'a Value) -> Vec<Field> {
        let mut fields = Vec::new();
        let (inner, within) = self.within(schema);
        self.fields(inner, within.trim_start_matches('.'), DEPTH, &mut fields);
        fields
    }

    /// The object in a value, whether it may be null or is in a list, and how a path leads there.
    fn within(&self, schema: &'a Value) -> (&'a Value, &'static str) {
        let (mut schema, _) = self.resolve(schema);
        if let Some(mut alternatives) = alternatives(schema).map(|all| all.filter(|one| one["type"] != "null"))
            && let (Some(only), None) = (alternatives.next(), alternatives.next())
        {
            schema = self.resolve(only).0;
        }
        if schema["items"].is_object() {
            (self.resolve(&schema["items"]).0, "[].")
        } else {
            (schema, ".")
        }
    }

    fn fields(&self, schema: &'a Value, within: &str, depth: usize, fields: &mut Vec<Field>) {
        let (schema, _) = self.resolve(schema);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.fields(part, within, depth, fields);
        }
        let is_required = |name: &str| {
            let required = schema["required"].as_array().into_iter().flatten();
            required.into_iter().any(|required| required == name)
        };
        let mut members: Vec<_> = schema["properties"].as_object().into_iter().flatten().collect();
        members.sort_by_key(|(name, _)| !is_required(name));
        for (name, member) in members {
            let (inner, joint) = self.within(member);
            let expands = depth > 0 && is_shape(inner);
            fields.push(Field {
                within: within.to_owned(),
                name: name.clone(),
                place: String::new(),
                is_required: is_required(name),
                kind: if expands {
                    wrapped(joint, member)
                } else {
                    self.kind(member)
                },
                bounds: self.bounds(member),
                meaning: self.meaning(member),
            });
            if expands {
                self.fields(inner, &format!("{within}{name}{joint}"), depth - 1, fields);
            }
        }
    }

    /// What a value means: what is said of it here, or else of its schema.
    pub(crate) fn meaning(&self, schema: &'a Value) -> Prose {
        let own = text(schema);
        if !own.is_empty() {
            return own;
        }
        let mut alternatives = alternatives(schema).into_iter().flatten();
        let said = alternatives.find(|one| one.get("description").is_some());
        said.map_or_else(|| text(self.resolve(schema).0), text)
    }

    /// Within what bounds a value has to be, and what it is when it is left out.
    pub(crate) fn bounds(&self, schema: &'a Value) -> Prose {
        let mut phrases = Vec::new();
        self.collect_bounds(schema, &mut phrases);
        Prose(phrases.join("; "))
    }

    fn collect_bounds(&self, schema: &'a Value, phrases: &mut Vec<String>) {
        let (resolved, _) = self.resolve(schema);
        if let Some(alternatives) = alternatives(resolved) {
            for one in alternatives.filter(|one| !is_shape(self.resolve(one).0)) {
                self.collect_bounds(one, phrases);
            }
        }
        for (least, most, unit) in [
            ("minimum", "maximum", ""),
            ("minLength", "maxLength", " characters"),
            ("minItems", "maxItems", " items"),
        ] {
            match (number(&resolved[least]), number(&resolved[most])) {
                (Some(least), Some(most)) if least == most => phrases.push(format!("{least}{unit}")),
                (Some(least), Some(most)) => phrases.push(format!("{least} to {most}{unit}")),
                (Some(least), None) => phrases.push(format!("{least}{unit} or more")),
                (None, Some(most)) => phrases.push(format!("{most}{unit} at most")),
                (None, None) => {}
            }
        }
        if let Some(least) = number(&resolved["exclusiveMinimum"]) {
            phrases.push(format!("more than {least}"));
        }
        if let Some(default) = schema.get("default").or_else(|| resolved.get("default")) {
            phrases.push(format!("`{}` without it", plain(default)));
        }
    }
}

/// Whether a schema is shown as a table of its own.
fn is_shape(schema: &Value) -> bool {
    let has_members = |schema: &Value| schema["properties"].is_object() || schema["allOf"].is_array();
    has_members(schema) || alternatives(schema).is_some_and(|mut all| all.any(has_members))
}

/// The schemas of which a value has to fit one.
pub(crate) fn alternatives(schema: &Value) -> Option<impl Iterator<Item = &Value>> {
    let all = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array())?;
    Some(all.iter())
}

/// The names of the types of a schema.
pub(crate) fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        name => name.as_str().into_iter().collect(),
    }
}

/// The kind of an object whose members follow.
fn wrapped(joint: &str, member: &Value) -> Kind {
    let kind = if joint == "[]." { "list of objects" } else { "object" };
    let or_null = alternatives(member).is_some_and(|mut all| all.any(|one| one["type"] == "null"));
    let or_null = or_null || types(member).contains(&"null");
    let text = format!("{kind}{}", if or_null { " or null" } else { "" });
    Kind {
        pieces: vec![Piece::Word(text)],
    }
}

fn joined(parts: impl Iterator<Item = Vec<Piece>>, between: &str) -> Vec<Piece> {
    let mut all = Vec::new();
    for part in parts {
        if !all.is_empty() {
            all.push(Piece::Word(between.to_owned()));
        }
        all.extend(part);
    }
    all
}

trait ConcatPieces {
    fn concat_pieces(self) -> Vec<Piece>;
}

impl<const N: usize> ConcatPieces for [Vec<Piece>; N] {
    fn concat_pieces(self) -> Vec<Piece> {
        self.into_iter().flatten().collect()
    }
}

/// What is said of a schema.
pub(crate) fn text(schema: &Value) -> Prose {
    Prose(schema["description"].as_str().unwrap_or_default().replace('\n', " "))
}

/// A value without the quotation marks of a string.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A number with its thousands parted.
fn number(value: &Value) -> Option<String> {
    let digits = value.as_number()?.to_string();
    if digits.contains('.') {
        return Some(digits);
    }
    let places = digits.len();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (places - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    Some(grouped)
}
