//! The statistics of a graph execution: how they are stored, shown and changed (seed `GraphExecutionStats`).

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type, schema::SchemaType},
};

use crate::{Fault, Json, Object, fault::escape, json::Record};

/// The statistics of a graph execution, as the API shows them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GraphExecutionStats {
    /// Cost in cents.
    pub cost: i64,
    /// Wall-clock time of the whole run, in seconds.
    pub duration: f64,
    /// Processor time of the whole run, in seconds.
    pub duration_cpu_only: f64,
    /// Wall-clock time of all nodes added up, in seconds.
    pub node_exec_time: f64,
    /// Processor time of all nodes added up, in seconds.
    pub node_exec_time_cpu_only: f64,
    /// How many node executions ran.
    pub node_exec_count: i64,
    /// How many of them failed.
    pub node_error_count: i64,
    /// The error that ended the run.
    pub error: Option<String>,
    /// What the run did, in a sentence, written by a language model.
    pub activity_status: Option<String>,
    /// How well the run did what its graph is for, 0 to 1, judged by a language model.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub correctness_score: Option<f64>,
}

/// The statistics as the database keeps them. Keys that are missing have their zero; unknown ones are passed over.
#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct StoredStats {
    #[serde(deserialize_with = "whole")]
    cost: i64,
    walltime: f64,
    cputime: f64,
    nodes_walltime: f64,
    nodes_cputime: f64,
    #[serde(deserialize_with = "whole")]
    node_count: i64,
    #[serde(deserialize_with = "whole")]
    node_error_count: i64,
    error: Option<String>,
    activity_status: Option<String>,
    correctness_score: Option<f64>,
}

/// The platform writes counts as numbers that may carry a zero fraction (`3.0`).
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    whole_number(&number).ok_or_else(|| de::Error::custom("is not a whole number"))
}

fn whole_number(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let value = number.as_f64()?;
        (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
    })
}

impl GraphExecutionStats {
    /// Reads stored statistics. `None` where they are of another shape (the reader logs it).
    pub fn from_stored(stored: &Json) -> Option<Self> {
        let Record(stored): Record<StoredStats> = stored.read()?;
        Some(Self {
            cost: stored.cost,
            duration: stored.walltime,
            duration_cpu_only: stored.cputime,
            node_exec_time: stored.nodes_walltime,
            node_exec_time_cpu_only: stored.nodes_cputime,
            node_exec_count: stored.node_count,
            node_error_count: stored.node_error_count,
            error: stored.error,
            activity_status: stored.activity_status,
            correctness_score: stored.correctness_score,
        })
    }

    /// Takes out what a language model said, for callers who may not see it.
    pub fn hide_activity(&mut self) {
        self.activity_status = None;
        self.correctness_score = None;
    }
}

/// What kind of value a statistic has.
#[derive(Clone, Copy)]
enum StatisticType {
    Count,
    Cents,
    Seconds,
    Text,
    Score,
}

/// The statistics that the ledger knows: the stored key, the name that the API shows, and the kind.
const KNOWN: [(&str, &str, StatisticType); 10] = [
    ("cost", "cost", StatisticType::Cents),
    ("walltime", "duration", StatisticType::Seconds),
    ("cputime", "duration_cpu_only", StatisticType::Seconds),
    ("nodes_walltime", "node_exec_time", StatisticType::Seconds),
    ("nodes_cputime", "node_exec_time_cpu_only", StatisticType::Seconds),
    ("node_count", "node_exec_count", StatisticType::Count),
    ("node_error_count", "node_error_count", StatisticType::Count),
    ("error", "error", StatisticType::Text),
    ("activity_status", "activity_status", StatisticType::Text),
    ("correctness_score", "correctness_score", StatisticType::Score),
];

/// The statistics that a caller sends, under the keys to store: known ones are checked, and may carry the stored or the
/// shown name; unknown ones are kept as they are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct SentStats(Object);

impl SentStats {
    /// The members to store.
    pub fn into_stored(self) -> Object {
        self.0
    }
}

impl<'de> Deserialize<'de> for SentStats {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = to_stored(Object::deserialize(deserializer)?);
        stored.map(Self).map_err(Fault::into_error)
    }
}

impl PartialSchema for SentStats {
    fn schema() -> RefOr<Schema> {
        let mut stats = ObjectBuilder::new().description(Some(
            "Statistics under their stored names (`walltime`) or under those that the API shows (`duration`), each once. \
             Other names may have any value.",
        ));
        for (stored, shown, kind) in KNOWN {
            stats = stats.property(stored, kind.schema());
            if shown != stored {
                stats = stats.property(shown, kind.schema());
            }
        }
        stats.into()
    }
}

impl ToSchema for SentStats {}

impl StatisticType {
    fn schema(self) -> ObjectBuilder {
        let or_null = |kind| SchemaType::from_iter([kind, Type::Null]);
        let object = ObjectBuilder::new();
        match self {
            Self::Count => object.schema_type(Type::Integer).minimum(Some(0)),
            Self::Cents => object.schema_type(Type::Integer),
            Self::Seconds => object.schema_type(Type::Number).minimum(Some(0)),
            Self::Text => object.schema_type(or_null(Type::String)),
            Self::Score => object
                .schema_type(or_null(Type::Number))
                .minimum(Some(0))
                .maximum(Some(1)),
        }
    }

    fn check(self, value: &Json) -> Result<(), &'static str> {
        let number = value.read::<serde_json::Number>();
        let seconds = number.as_ref().and_then(serde_json::Number::as_f64);
        match self {
            Self::Count if number.as_ref().and_then(whole_number).is_none_or(|count| count < 0) => {
                Err("must be a whole number, 0 or more")
            }
            Self::Cents if number.as_ref().and_then(whole_number).is_none() => Err("must be a whole number of cents"),
            Self::Seconds if seconds.is_none_or(|seconds| seconds < 0.0) => {
                Err("must be a number of seconds, 0 or more")
            }
            Self::Text if !value.is_null() && value.read::<String>().is_none() => Err("must be a string or null"),
            Self::Score if !value.is_null() && !seconds.is_some_and(|score| (0.0..=1.0).contains(&score)) => {
                Err("must be a number from 0 to 1, or null")
            }
            _ => Ok(()),
        }
    }
}

fn to_stored(sent: Object) -> Result<Object, Fault> {
    let mut stored = Object::new();
    for (key, value) in sent {
        let Some((stored_key, _, kind)) = KNOWN
            .into_iter()
            .find(|(stored, shown, _)| key == *stored || key == *shown)
        else {
            stored.insert(key, value);
            continue;
        };
        let fault = |detail| Fault::new(format!("/{}", escape(&key)), detail);
        if let Err(detail) = kind.check(&value) {
            return Err(fault(detail));
        }
        if stored.insert(stored_key.to_owned(), value).is_some() {
            return Err(fault("is given under two names"));
        }
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn stored_keys_become_shown_names() {
        let stored = json(
            r#"{"cost":7,"walltime":1.5,"cputime":0.5,"nodes_walltime":2,"nodes_cputime":1,"node_count":3.0,
                "node_error_count":1,"error":"boom","activity_status":"did it","correctness_score":0.9,"other":[1]}"#,
        );
        let stats = GraphExecutionStats::from_stored(&stored).unwrap();
        assert_eq!((stats.cost, stats.node_exec_count, stats.node_error_count), (7, 3, 1));
        assert_eq!((stats.duration, stats.duration_cpu_only), (1.5, 0.5));
        assert_eq!((stats.node_exec_time, stats.node_exec_time_cpu_only), (2.0, 1.0));
        assert_eq!(stats.error.as_deref(), Some("boom"));
        assert_eq!(stats.correctness_score, Some(0.9));
    }

    #[test]
    fn missing_keys_are_zero_and_other_shapes_do_not_parse() {
        assert_eq!(GraphExecutionStats::from_stored(&json("{}")).unwrap().cost, 0);
        for text in [r#"{"cost":"many"}"#, r#"{"node_count":1.5}"#, "[1]", "7", "null"] {
            assert_eq!(GraphExecutionStats::from_stored(&json(text)), None, "{text}");
        }
    }

    #[test]
    fn both_names_are_stored_under_the_stored_key_and_unknown_keys_are_kept() {
        for (sent, stored) in [
            (r#"{"duration":1.5}"#, r#"{"walltime":1.5}"#),
            (
                r#"{"walltime":1.5,"node_exec_count":2}"#,
                r#"{"node_count":2,"walltime":1.5}"#,
            ),
            (r#"{"mine":{"a":[1]},"cost":3}"#, r#"{"cost":3,"mine":{"a":[1]}}"#),
            (
                r#"{"error":null,"correctness_score":null}"#,
                r#"{"correctness_score":null,"error":null}"#,
            ),
        ] {
            let read: SentStats = serde_json::from_str(sent).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), stored);
        }
    }

    #[test]
    fn known_keys_are_checked() {
        for (sent, key) in [
            (r#"{"cost":"3"}"#, "cost"),
            (r#"{"cost":1.5}"#, "cost"),
            (r#"{"duration":-1}"#, "duration"),
            (r#"{"node_count":-1}"#, "node_count"),
            (r#"{"error":5}"#, "error"),
            (r#"{"correctness_score":1.01}"#, "correctness_score"),
            (r#"{"duration":1,"walltime":1}"#, "walltime"),
        ] {
            let refused = serde_json::from_str::<SentStats>(sent).unwrap_err().to_string();
            assert_eq!(Fault::of_error(&refused).pointer, format!("/{key}"), "{sent}");
        }
    }
}
