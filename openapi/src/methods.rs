//! The page on the data service: its methods, each with its arguments, its answer and the seed that it comes from.

use serde_json::Value;

const HEAD: &str = "# The data service

<!-- Made by `cargo xtask openapi`: change `openapi/src/methods.rs` or the functions, not this file. -->

The methods that the platform's own client calls on its `DatabaseManager`, under the same names, with the same arguments
and answers: point that client at `/rpc`. A call is `POST /rpc/{method}` with a JSON object of named arguments and the
token of a service; the answer is the bare JSON value. Times are RFC 3339, tuples are arrays, and what is not there is
`null`.

An argument that is marked with `?` may be left out or null. One that does not exist is refused, unless it asks for nothing
(null, false, or empty). With `X-User-Id` a call
reaches that user's rows alone, whatever its arguments say. Methods that write take an `Idempotency-Key`, as every write
of the API does.

A call that fails answers `{\"type\": …, \"args\": [message, …]}`, the exception and its arguments:

| status | type | when |
|---|---|---|
| 400 | `ValueError` | the arguments do not fit, or contradict what is stored |
| 400 | `InsufficientBalanceError` | fewer credits than a call spends; after the message: user, balance, amount |
| 401, 403 | `NotAuthorizedError` | no token that holds, or the token of no service |
| 404 | `NotFoundError` | there is no such method |
| 413, 415 | `ValueError` | the body is too large, or no JSON |
| 500 | `RecordNotFoundError`, `DatabaseError` | a record to change is not there; something went wrong inside |
| 500 | `UnhealthyServiceError` | the database is out of reach; `Retry-After` says when to try again |

Answers are whole: one that would be larger than `max_response_bytes` raises a `ValueError` instead of being cut.

| method | arguments | answer | seed |
|---|---|---|---|
";

/// The page, from the description of the API.
pub(crate) fn page(document: &Value) -> String {
    let mut rows = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let Some(method) = path.strip_prefix("/rpc/") else {
            continue;
        };
        let call = &item["post"];
        let arguments = arguments(document, &call["requestBody"]["content"]["application/json"]["schema"]);
        let answer = kind(
            document,
            &call["responses"]["200"]["content"]["application/json"]["schema"],
        );
        let seed = item["x-seed"].as_str().unwrap_or_default();
        rows.push(format!("| `{method}` | {arguments} | {answer} | `{seed}` |\n"));
    }
    rows.sort();
    format!("{HEAD}{}", rows.concat())
}

fn arguments(document: &Value, schema: &Value) -> String {
    let schema = resolve(document, schema);
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
    let names = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| {
        let optional = !required.iter().any(|known| *known == name);
        format!("`{name}{}`", if optional { "?" } else { "" })
    });
    names.collect::<Vec<_>>().join(", ")
}

/// What a schema allows, in a few words.
fn kind(document: &Value, schema: &Value) -> String {
    if let Some(name) = name(schema) {
        let resolved = resolve(document, schema);
        // A list or an option says more by its parts than by its name.
        if resolved["properties"].is_object() || resolved["allOf"].is_array() || resolved.get("enum").is_some() {
            return format!("`{name}`");
        }
        return kind(document, resolved);
    }
    for members in ["oneOf", "anyOf"] {
        if let Some(members) = schema[members].as_array() {
            let kinds: Vec<_> = members.iter().map(|member| kind(document, member)).collect();
            return kinds.join(" or ");
        }
    }
    let one = |kind: &str| match kind {
        "array" if schema["items"].get("$ref").is_some() => {
            format!("list of {}", self::kind(document, &schema["items"]))
        }
        "array" => "list".to_owned(),
        "object" => "object".to_owned(),
        kind => format!("`{kind}`"),
    };
    match &schema["type"] {
        Value::String(text) => one(text),
        Value::Array(kinds) => {
            let kinds: Vec<_> = kinds.iter().filter_map(Value::as_str).map(one).collect();
            kinds.join(" or ")
        }
        _ => "any value".to_owned(),
    }
}

fn name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    name(schema).map_or(schema, |name| &document["components"]["schemas"][name])
}
