//! A command for each operation that can be pasted into a shell as it stands.

use serde_json::Value;

use super::example;

/// Stands for the scheme and host of whoever serves the page.
pub(crate) const BASE: &str = "http://runledger.invalid";

/// How wide a body may be that is shown on one line.
const WIDTH: usize = 72;

/// A part of a command. What is an example has to be replaced by what there is.
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) is_example: bool,
}

/// The command for an operation.
pub(crate) fn command(path: &str, method: &str, operation: &Value) -> Vec<Part> {
    let mut command = Command::default();
    let answers = operation["responses"]["200"]["content"].as_object();
    let is_stream = answers.is_some_and(|content| content.len() == 1 && content.contains_key("text/event-stream"));
    let unbuffered = if is_stream { " -N" } else { "" };
    let verb = if method == "get" {
        String::new()
    } else {
        format!(" -X {}", method.to_uppercase())
    };
    command.text(&format!("curl{unbuffered}{verb} '{BASE}"));
    command.path(path, operation);
    command.query(operation);
    command.text("'");
    if operation["x-roles"].as_array().is_some_and(|roles| !roles.is_empty()) {
        command.text(" \\\n  -H \"Authorization: Bearer $TOKEN\"");
    }
    for header in required(operation, "header") {
        let name = header["name"].as_str().unwrap_or_default();
        command.text(&format!(" \\\n  -H '{name}: "));
        let value = if name == "X-User-Id" { example::USER } else { "1" };
        command.example(value);
        command.text("'");
    }
    if let Some((media, body)) = body(operation) {
        command.text(&format!(
            " \\\n  -H 'Content-Type: {media}' \\\n  -d {}",
            quoted(&written(body))
        ));
    }
    command.parts
}

/// The body that an operation is shown with, and its type.
pub(crate) fn body(operation: &Value) -> Option<(&String, &Value)> {
    let content = operation["requestBody"]["content"].as_object()?;
    let (media, body) = content.iter().next()?;
    Some((media, &body["example"]))
}

/// JSON on one line if there is room for it, else with a line for each member.
fn written(value: &Value) -> String {
    let line = value.to_string();
    if line.len() <= WIDTH {
        return line;
    }
    // A value can always be written.
    serde_json::to_string_pretty(value).unwrap_or(line)
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn required<'a>(operation: &'a Value, place: &'a str) -> impl Iterator<Item = &'a Value> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.filter(move |parameter| parameter["in"] == place && parameter["required"] == true)
}

#[derive(Default)]
struct Command {
    parts: Vec<Part>,
}

impl Command {
    fn push(&mut self, text: &str, is_example: bool) {
        if let Some(last) = self.parts.last_mut().filter(|last| last.is_example == is_example) {
            last.text.push_str(text);
        } else {
            let text = text.to_owned();
            self.parts.push(Part { text, is_example });
        }
    }

    fn text(&mut self, text: &str) {
        self.push(text, false);
    }

    fn example(&mut self, text: &str) {
        self.push(text, true);
    }

    fn path(&mut self, path: &str, operation: &Value) {
        let mut rest = path;
        let mut before = String::new();
        while let Some((fixed, (name, after))) = rest
            .split_once('{')
            .and_then(|(fixed, rest)| Some((fixed, rest.split_once('}')?)))
        {
            before.push_str(fixed);
            self.text(fixed);
            let named = |parameter: &&Value| parameter["name"] == name;
            let schema = required(operation, "path")
                .find(named)
                .map_or(&Value::Null, |found| &found["schema"]);
            self.example(&example::parameter(&before, name, schema));
            rest = after;
        }
        self.text(rest);
    }

    fn query(&mut self, operation: &Value) {
        for (place, parameter) in required(operation, "query").enumerate() {
            let name = parameter["name"].as_str().unwrap_or_default();
            self.text(&format!("{}{name}=", if place == 0 { '?' } else { '&' }));
            self.example(&example::parameter("", name, &parameter["schema"]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_one_word_of_a_shell() {
        assert_eq!(quoted(r#"{"a":"it's"}"#), r#"'{"a":"it'\''s"}'"#);
    }
}
