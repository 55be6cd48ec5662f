//! Reading what a language model answered.

use serde::Deserialize;

/// The largest answer that is read.
pub const MAX_ANSWER_BYTES: usize = 1 << 20;
/// The most characters of a summary that are kept.
const MAX_SUMMARY: usize = 2_000;

/// What a model said of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What the run did.
    pub summary: String,
    /// How well, 0 to 1.
    pub score: f64,
}

#[derive(Deserialize)]
struct Answer {
    activity_status: String,
    correctness_score: f64,
}

impl Verdict {
    /// Reads the content of an answer: one JSON object, perhaps with words or a fence around it. The error says what is
    /// wrong with it.
    pub fn read(content: &str) -> Result<Self, String> {
        let begin = content.find('{').ok_or("the model's answer holds no JSON object")?;
        let end = content.rfind('}').filter(|end| *end > begin);
        let end = end.ok_or("the model's answer ends within its JSON object")?;
        let answer: Answer = serde_json::from_str(&content[begin..=end])
            .map_err(|error| format!("the model's answer is not what was asked for: {error}"))?;
        let summary: String = answer
            .activity_status
            .trim()
            .chars()
            // Postgres cannot hold it.
            .filter(|letter| *letter != '\0')
            .take(MAX_SUMMARY)
            .collect();
        if summary.is_empty() {
            return Err("the model's answer has an empty activity_status".to_owned());
        }
        Ok(Self {
            summary,
            score: answer.correctness_score.clamp(0.0, 1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_scores_clamped() {
        for (content, score) in [
            (r#"{"activity_status":"I ran.","correctness_score":0.5}"#, 0.5),
            (
                "```json\n{\"activity_status\":\" I ran. \",\"correctness_score\":7}\n```",
                1.0,
            ),
            (
                r#"Here you are: {"activity_status":"I ran.","correctness_score":-1,"x":{}} Bye."#,
                0.0,
            ),
        ] {
            let verdict = Verdict::read(content).unwrap();
            assert_eq!((verdict.summary.as_str(), verdict.score), ("I ran.", score));
        }
        let long = format!(
            r#"{{"activity_status":"{}\u0000","correctness_score":1}}"#,
            "ü".repeat(5_000)
        );
        assert_eq!(Verdict::read(&long).unwrap().summary.chars().count(), MAX_SUMMARY);
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for (content, why) in [
            ("", "no JSON object"),
            ("I cannot say.", "no JSON object"),
            (r#"{"activity_status":"I r"#, "ends within"),
            (r#"{"activity_status":"I ran."}"#, "missing field `correctness_score`"),
            (r#"{"activity_status":"I ran.","correctness_score":null}"#, "null"),
            (r#"{"activity_status":"I ran.","correctness_score":"0.5"}"#, "string"),
            (
                r#"{"activity_status":" ","correctness_score":1}"#,
                "empty activity_status",
            ),
        ] {
            let error = Verdict::read(content).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
