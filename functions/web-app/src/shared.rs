//! `GET /shared/{token}`: the result of a run, for anyone who has its link.

use askama::Template;
use http::{HeaderValue, Method, StatusCode, header};
use runledger_models::{Json, SharedExecution};
use runledger_store::{Error, shares};
use runledger_web::{Call, Door, Endpoint, MaybeToken, NoParams, Problem, Public, Reply, page::Rendered, params};
use serde_json::Value;

use crate::{
    DOOR,
    address::segment,
    parts::{Empty, StatusChip, When},
    shell::{Shell, render},
};

/// The bytes of HTML that all values together may have; what is beyond is left to the API.
const ROOM: usize = 200 << 10;

params! {
    /// The link.
    pub(crate) struct SharedPath {
        /// The secret part of the link.
        token: MaybeToken,
    }
}

/// What reached one output of the graph.
struct Output {
    name: String,
    values: Vec<ShownValue>,
}

/// A value as text.
struct ShownValue {
    text: String,
    is_cut: bool,
}

#[derive(Template)]
#[template(path = "shared.html")]
struct SharedPage {
    shell: Shell,
    result: SharedExecution,
    outputs: Vec<Output>,
    /// Where the API has all of it.
    whole: String,
    is_cut: bool,
}

#[derive(Template)]
#[template(path = "shared_missing.html")]
struct MissingPage<'a> {
    shell: Shell,
    request_id: &'a str,
}

/// Shows a shared result to anyone who has its link.
pub(crate) struct GetShared;

impl Endpoint for GetShared {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/shared/{token}";
    const SUMMARY: &'static str = "What is the result?";
    const DOOR: Door = DOOR;
    type Access = Public;
    type Path = SharedPath;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let MaybeToken(token) = &call.path.token;
        let read = shares::read(token.as_ref(), call.ledger.budget());
        let reply = match (call.ledger.read(read).await, token) {
            (Ok(mut result), Some(token)) => {
                let whole = format!("/api/public/shared/{}", segment(token.as_str()));
                let mut room = ROOM;
                let outputs: Vec<_> = std::mem::take(&mut result.outputs)
                    .into_iter()
                    .map(|(name, values)| Output {
                        name,
                        values: values.iter().map(|value| shown(value, &mut room)).collect(),
                    })
                    .collect();
                let values = || outputs.iter().flat_map(|output| &output.values);
                render(&SharedPage {
                    shell: Shell::public(&result.graph_name),
                    is_cut: result.is_truncated || values().any(|value| value.is_cut),
                    whole,
                    outputs,
                    result,
                })?
            }
            // Whatever the reason is, the page is the same.
            (Ok(_) | Err(Error::Missing), _) => missing(call.ledger.log().request_id())?,
            (Err(error), _) => return Err(error.into()),
        };
        // The address is the right to read.
        Ok(reply.with(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
    }
}

fn missing(request_id: &str) -> Result<Reply<Rendered>, Problem> {
    let page = MissingPage {
        shell: Shell::public("Nothing is shared here"),
        request_id,
    };
    let html = page.render().map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Rendered::html_with(StatusCode::NOT_FOUND, html))
}

/// A value as the page shows it: a text as it is, everything else as JSON, as far as there is room.
fn shown(value: &Json, room: &mut usize) -> ShownValue {
    let mut text = match value.read::<Value>() {
        Some(Value::String(text)) => text,
        Some(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| value.to_string()),
        None => value.get().to_owned(),
    };
    let end = fitting(&text, *room);
    let is_cut = end < text.len();
    text.truncate(end);
    *room = if is_cut { 0 } else { *room - escaped(&text) };
    ShownValue { text, is_cut }
}

/// How many bytes of a text fit into so many of HTML.
fn fitting(text: &str, room: usize) -> usize {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += escaped_character(character);
        if used > room {
            return at;
        }
    }
    text.len()
}

fn escaped(text: &str) -> usize {
    text.chars().map(escaped_character).sum()
}

/// The bytes of a character in HTML.
const fn escaped_character(character: char) -> usize {
    match character {
        '"' | '&' | '\'' | '<' | '>' => "&#34;".len(),
        _ => character.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn values_are_shown_as_far_as_there_is_room() {
        let mut room = 20;
        let text = shown(&json(r#""two\nlines""#), &mut room);
        assert_eq!((text.text.as_str(), text.is_cut, room), ("two\nlines", false, 11));
        let object = shown(&json(r#"{"a":1}"#), &mut room);
        assert_eq!((object.text.as_str(), object.is_cut, room), ("{\n  \"a", true, 0));
        let rest = shown(&json("1"), &mut room);
        assert_eq!((rest.text.as_str(), rest.is_cut), ("", true));
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(fitting("aüb", 2), 1);
        assert_eq!(fitting("<b>", 6), 2);
        assert_eq!(fitting("abc", 3), 3);
    }
}
