//! Reading what a language model answered: one verdict, however models wrap it.

use serde_json::Value;

/// The largest answer that is read.
pub const MAX_ANSWER_BYTES: usize = 1 << 20;
/// The most characters of a summary that are kept.
const MAX_SUMMARY: usize = 2_000;
/// So many braces are looked into at most: an answer costs no more time than its size allows.
const MAX_OBJECTS: usize = 1_000;
/// How far outside of 0 to 1 a score may be for the arithmetic of a model.
const ROUNDING: f64 = 0.0001;
/// The tags between which models think aloud.
const THINKING: [&str; 4] = ["think", "thinking", "thought", "reasoning"];
const SUMMARY: &str = "activity_status";
const SCORE: &str = "correctness_score";

/// What a model said of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What the run did.
    pub summary: String,
    /// How well, 0 to 1.
    pub score: f64,
}

/// An object that may be the answer; of several the greatest is.
#[derive(PartialEq, PartialOrd)]
struct Rank {
    has_both_keys: bool,
    is_fenced: bool,
    position: usize,
}

impl Verdict {
    /// Reads the content of an answer: one JSON object with words, braces, fences or thinking around it. Where several
    /// objects would do, the one in a fence is meant, else the last. The error says what is wrong with the answer.
    pub fn read(content: &str) -> Result<Self, String> {
        let mut answer: Option<(Rank, Value)> = None;
        let mut has_thinking = false;
        let mut is_cut = false;
        let mut objects = 0;
        let mut at = 0;
        while let Some(next) = content[at..].find(['{', '<']) {
            at += next;
            let rest = &content[at..];
            if rest.starts_with('<') {
                at += 1;
                if let Some(length) = thinking_tag(rest, "<") {
                    has_thinking = true;
                    let after = &rest[length..];
                    at = after
                        .match_indices("</")
                        .find_map(|(end, _)| {
                            let closing = thinking_tag(&after[end..], "</")?;
                            Some(at - 1 + length + end + closing)
                        })
                        .unwrap_or(content.len());
                } else if thinking_tag(rest, "</").is_some() {
                    // Some servers keep the opening tag to themselves: all up to here was thinking.
                    has_thinking = true;
                    answer = None;
                }
                continue;
            }
            // Most braces in prose begin no object.
            let inside = rest[1..].trim_start();
            if !inside.is_empty() && !inside.starts_with(['"', '}']) {
                at += 1;
                continue;
            }
            objects += 1;
            if objects > MAX_OBJECTS {
                break;
            }
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
            match values.next() {
                Some(Ok(object)) if object.get(SUMMARY).is_some() || object.get(SCORE).is_some() => {
                    let rank = Rank {
                        has_both_keys: object.get(SUMMARY).is_some() && object.get(SCORE).is_some(),
                        is_fenced: is_fenced(&content[..at]),
                        position: at,
                    };
                    at += values.byte_offset();
                    if answer.as_ref().is_none_or(|(before, _)| rank > *before) {
                        answer = Some((rank, object));
                    }
                }
                // Others have the answer inside of them, or are no part of it.
                Some(Ok(_)) | None => at += 1,
                Some(Err(error)) => {
                    is_cut |= error.is_eof();
                    at += 1;
                }
            }
        }
        match answer {
            Some((_, object)) => Self::of(&object),
            None if is_cut => Err("the model's answer ends within its JSON object".to_owned()),
            None if has_thinking => {
                Err("the model's answer is nothing but thinking: it holds no JSON object".to_owned())
            }
            None => Err(format!(
                "the model's answer holds no JSON object with {SUMMARY} and {SCORE}"
            )),
        }
    }

    fn of(object: &Value) -> Result<Self, String> {
        let missing = |key: &str| format!("the model's answer has no {key}");
        let summary = object.get(SUMMARY).ok_or_else(|| missing(SUMMARY))?;
        let summary: String = summary
            .as_str()
            .ok_or_else(|| format!("the model's {SUMMARY} is not a text"))?
            .trim()
            .chars()
            // Postgres cannot hold it.
            .filter(|letter| *letter != '\0')
            .take(MAX_SUMMARY)
            .collect();
        if summary.is_empty() {
            return Err(format!("the model's answer has an empty {SUMMARY}"));
        }
        let given = object.get(SCORE).ok_or_else(|| missing(SCORE))?;
        let score = score(given).ok_or_else(|| {
            let shown: String = given.to_string().chars().take(40).collect();
            format!("the model's {SCORE} is {shown}, not a number from 0 to 1")
        })?;
        Ok(Self { summary, score })
    }
}

/// The length of a tag of thinking that a text begins with.
fn thinking_tag(text: &str, opening: &str) -> Option<usize> {
    let inside = text.strip_prefix(opening)?;
    THINKING.iter().find_map(|name| {
        let is_it = inside.get(..name.len())?.eq_ignore_ascii_case(name) && inside[name.len()..].starts_with('>');
        is_it.then_some(opening.len() + name.len() + 1)
    })
}

/// Whether a text ends with the opening of a Markdown fence.
fn is_fenced(before: &str) -> bool {
    let before = before.trim_end();
    let without_language = before.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric());
    without_language.ends_with("```") || without_language.ends_with("~~~")
}

/// A score as models write it: a number from 0 to 1, as text too, or of a scale that the text itself names.
fn score(given: &Value) -> Option<f64> {
    let score = match given {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => {
            let text = text.trim().to_ascii_lowercase();
            let number = |part: &str| part.trim().parse::<f64>().ok();
            let parts = text
                .split_once('/')
                .or_else(|| text.split_once("out of"))
                .or_else(|| text.split_once(" of "));
            if let Some((points, scale)) = parts {
                let scale = number(scale).filter(|scale| *scale > 0.0)?;
                number(points)? / scale
            } else if let Some(percent) = text.strip_suffix('%').or_else(|| text.strip_suffix("percent")) {
                number(percent)? / 100.0
            } else {
                number(&text)?
            }
        }
        _ => return None,
    };
    // What is further away is on another scale, and nobody knows on which.
    (-ROUNDING..=1.0 + ROUNDING)
        .contains(&score)
        .then(|| score.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(score: &str) -> String {
        format!(r#"{{"activity_status":"I ran.","correctness_score":{score}}}"#)
    }

    #[test]
    fn answers_are_read_as_models_give_them() {
        for (content, score) in [
            (answer("0.5"), 0.5),
            (
                "```json\n{\"activity_status\":\" I ran. \",\"correctness_score\":1}\n```".to_owned(),
                1.0,
            ),
            // Braces in the prose, before and after, of every kind.
            (
                format!(
                    "The graph {{{{name}}}} made {{x}} and {{\"a\": 1}}:\n```json\n{}\n```\nAs {{asked}}.",
                    answer("0.5")
                ),
                0.5,
            ),
            (format!("~~~\n{}\n~~~\nnot {}", answer("0.5"), answer("0.1")), 0.5),
            (format!("I used {{ and }} and \"{{\": {} {{", answer("0.5")), 0.5),
            (format!("First {}, but then {}", answer("0.1"), answer("0.5")), 0.5),
            (format!("{} {{\"correctness_score\": 0.1}}", answer("0.5")), 0.5),
            (format!("{{\"run_review\": {}}}", answer("0.5")), 0.5),
            (format!("[{}]", answer("0.5")), 0.5),
            // Drafts do not count.
            (format!("<think>{{\"draft\": 0.1}}</think>{}", answer("0.5")), 0.5),
            (
                format!("<think>Perhaps {}</think>\n\n{}", answer("0.1"), answer("0.5")),
                0.5,
            ),
            (
                format!("<THINKING>```{}```</THINKING>{}", answer("0.1"), answer("0.5")),
                0.5,
            ),
            (
                format!("Perhaps ```{}```.</think>{}", answer("0.1"), answer("0.5")),
                0.5,
            ),
            (format!("{} <think>or {}", answer("0.5"), answer("0.1")), 0.5),
            (
                format!("<think>a <b> </c> {}</think>{}", answer("0.1"), answer("0.5")),
                0.5,
            ),
            (
                "{\"correctness_score\":0.5,\"activity_status\":\"I ran.\",\"x\":{}} Bye.".to_owned(),
                0.5,
            ),
        ] {
            let verdict = Verdict::read(&content).unwrap_or_else(|why| panic!("{content}: {why}"));
            assert_eq!(
                (verdict.summary.as_str(), verdict.score),
                ("I ran.", score),
                "{content}"
            );
        }
        // Tags within the answer are no thinking.
        let tagged = r#"{"activity_status":"I dropped <think> and </think>.","correctness_score":1}"#;
        assert_eq!(
            Verdict::read(tagged).unwrap().summary,
            "I dropped <think> and </think>."
        );
        let long = format!(
            r#"{{"activity_status":"{}\u0000","correctness_score":1}}"#,
            "ü".repeat(5_000)
        );
        assert_eq!(Verdict::read(&long).unwrap().summary.chars().count(), MAX_SUMMARY);
    }

    #[test]
    fn scores_are_read_on_the_scale_that_they_name() {
        for (given, expected) in [
            ("0", Some(0.0)),
            ("1", Some(1.0)),
            ("0.85", Some(0.85)),
            ("8.5e-1", Some(0.85)),
            (r#""0.85""#, Some(0.85)),
            (r#"" 1 ""#, Some(1.0)),
            (r#""85%""#, Some(0.85)),
            (r#""85 %""#, Some(0.85)),
            (r#""85 percent""#, Some(0.85)),
            (r#""85/100""#, Some(0.85)),
            (r#""85 out of 100""#, Some(0.85)),
            (r#""85 Out of 100""#, Some(0.85)),
            (r#""8.5 / 10""#, Some(0.85)),
            (r#""0%""#, Some(0.0)),
            (r#""100%""#, Some(1.0)),
            // Rounding, and what is no rounding any more.
            ("1.0001", Some(1.0)),
            ("1.00005", Some(1.0)),
            ("-0.00005", Some(0.0)),
            ("1.001", None),
            ("-0.001", None),
            ("85", None),
            ("-1", None),
            ("7", None),
            (r#""85""#, None),
            (r#""101%""#, None),
            (r#""85/10""#, None),
            (r#""85/0""#, None),
            (r#""1/-1""#, None),
            (r#""NaN""#, None),
            (r#""inf""#, None),
            (r#""0,85""#, None),
            (r#""good""#, None),
            (r#""""#, None),
            ("null", None),
            ("true", None),
            ("[0.5]", None),
        ] {
            let verdict = Verdict::read(&answer(given));
            if let Some(score) = expected {
                let read = verdict.unwrap().score;
                assert!((read - score).abs() < 1e-9, "{given}: {read}");
            } else {
                let why = verdict.unwrap_err();
                assert!(
                    why.contains(given) && why.contains("not a number from 0 to 1"),
                    "{given}: {why}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for (content, why) in [
            ("", "no JSON object"),
            ("I cannot say.", "no JSON object"),
            ("{}", "no JSON object"),
            (r#"{"activity_status":"I r"#, "ends within"),
            (r#"{"activity_status":"I ran."}"#, "no correctness_score"),
            (r#"{"correctness_score":1}"#, "no activity_status"),
            (r#"{"activity_status":["I ran."],"correctness_score":1}"#, "not a text"),
            (
                r#"{"activity_status":" ","correctness_score":1}"#,
                "empty activity_status",
            ),
            (r#"<think>{"draft": 0.1}</think>"#, "nothing but thinking"),
            (
                r#"<think>{"activity_status":"I ran.","correctness_score":1}</think> "#,
                "nothing but thinking",
            ),
            (
                r#"<think>{"activity_status":"I ran.","correctness_score":1}"#,
                "nothing but thinking",
            ),
            (
                r#"{"activity_status":"I ran.","correctness_score":1}</think>"#,
                "nothing but thinking",
            ),
        ] {
            let error = Verdict::read(content).unwrap_err();
            assert!(error.contains(why), "{content}: {error}");
        }
    }

    #[test]
    fn hostile_answers_are_read_in_time_that_their_size_bounds() {
        for part in ["{", "<think>", "{\"a\":", "<", "{\"a\":[", "```{", "</think>"] {
            assert!(
                Verdict::read(&part.repeat(MAX_ANSWER_BYTES / part.len())).is_err(),
                "{part}"
            );
        }
    }
}
