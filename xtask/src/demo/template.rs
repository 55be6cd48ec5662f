//! Values with places to fill: `{{name}}` in a text stands for a field; a text that is nothing else becomes that field's value.

use serde_json::{Map, Value};

/// How deep fields may name fields.
const MAX_DEPTH: u8 = 4;

/// The value with its places filled from `fields`. A field that is not there stays as it is written.
pub(super) fn filled(value: &Value, fields: &Map<String, Value>) -> Value {
    fill(value, fields, MAX_DEPTH)
}

fn fill(value: &Value, fields: &Map<String, Value>, depth: u8) -> Value {
    if depth == 0 {
        return value.clone();
    }
    match value {
        Value::String(text) => fill_text(text, fields, depth),
        Value::Array(items) => items.iter().map(|item| fill(item, fields, depth)).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| (name.clone(), fill(member, fields, depth)))
                .collect(),
        ),
        _ => value.clone(),
    }
}

fn fill_text(text: &str, fields: &Map<String, Value>, depth: u8) -> Value {
    let whole = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    if let Some(field) = whole.and_then(|name| fields.get(name)) {
        return fill(field, fields, depth - 1);
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        result.push_str(before);
        let found = after
            .split_once("}}")
            .and_then(|(name, after)| Some((fields.get(name)?, after)));
        if let Some((field, after)) = found {
            match fill(field, fields, depth - 1) {
                Value::String(field) => result.push_str(&field),
                field => result.push_str(&field.to_string()),
            }
            rest = after;
        } else {
            result.push_str("{{");
            rest = after;
        }
    }
    result.push_str(rest);
    Value::String(result)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_filled_as_text_or_whole() {
        let fields = json!({"who": "Ada", "count": 3, "greeting": "Dear {{who}}", "items": [1, "{{who}}"]});
        let Value::Object(fields) = fields else { unreachable!() };
        let check = |given: Value, expected: Value| assert_eq!(filled(&given, &fields), expected);
        check(json!("{{count}}"), json!(3));
        check(json!("{{greeting}}, {{count}} times"), json!("Dear Ada, 3 times"));
        check(json!({"a": ["{{items}}"]}), json!({"a": [[1, "Ada"]]}));
        check(json!("{{nobody}} and {{who}}, {{"), json!("{{nobody}} and Ada, {{"));
    }

    #[test]
    fn fields_that_name_each_other_end() {
        let Value::Object(fields) = json!({"a": "{{b}}", "b": "{{a}}"}) else {
            unreachable!()
        };
        assert!(filled(&json!("{{a}}"), &fields).is_string());
    }
}
