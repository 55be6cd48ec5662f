//! What may be asked of an execution or a node execution after its creation: where to move, and what to note with it.

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::{ExecutionStatus, Fault, Object, stats::SentStats, status::Move};

/// What to change: at least one of the two. Both are stored together, or neither.
// The derived reader is `Change::deserialize`, without the rule between the members; the trait's adds it.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(
    as = PatchExecutionBody,
    example = json!({"status": "COMPLETED", "stats": {"cost": 12, "duration": 1.5, "node_count": 2}})
)]
pub struct Change {
    /// The status to move to.
    status: Option<Move>,
    /// Statistics to merge into those that are stored, under their stored names (`walltime`) or the names that the API
    /// shows (`duration`). Names that the ledger does not know are kept.
    stats: Option<SentStats>,
}

impl Change {
    /// A move, and nothing else.
    pub const fn to(status: Move) -> Self {
        Self {
            status: Some(status),
            stats: None,
        }
    }

    /// The status to move to, and the statistics to merge, under their stored names: at least one of them.
    pub fn into_parts(self) -> (Option<Move>, Option<Object>) {
        (self.status, self.stats.map(SentStats::into_stored))
    }

    fn checked(self) -> Result<Self, Fault> {
        if self.status.is_none() && self.stats.is_none() {
            return Err(Fault::new("", "has neither status nor stats; send at least one"));
        }
        Ok(self)
    }
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)?.checked().map_err(Fault::into_error)
    }
}

/// The status to move a node execution to, and what goes with it.
// As with `Change`.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(
    as = PatchNodeBody,
    example = json!({"status": "QUEUED", "execution_data": {"question": "why"}})
)]
pub struct NodeChange {
    /// The status to move to.
    status: Move,
    /// The data that the node runs with, by input name. QUEUED needs it; empty data leave what is stored.
    #[schema(value_type = Option<Object>)]
    execution_data: Option<Object>,
    /// Statistics in place of those that are stored, of any names and shapes.
    #[schema(value_type = Option<Object>)]
    stats: Option<Object>,
}

impl NodeChange {
    /// The status to move to, the data that the node runs with, and its statistics.
    pub fn into_parts(self) -> (Move, Option<Object>, Option<Object>) {
        (self.status, self.execution_data, self.stats)
    }

    fn checked(self) -> Result<Self, Fault> {
        if self.status.get() == ExecutionStatus::Queued && self.execution_data.is_none() {
            let detail = "is missing; a node execution is queued with the data that it runs with";
            return Err(Fault::new("/execution_data", detail));
        }
        Ok(self)
    }
}

impl<'de> Deserialize<'de> for NodeChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)?.checked().map_err(Fault::into_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::check;

    #[test]
    fn a_change_has_a_move_or_statistics_or_both() {
        let neither = Some("neither status nor stats");
        check::<Change>(&[
            (r#"{"status":"RUNNING"}"#, None),
            (r#"{"stats":{}}"#, None),
            (r#"{"status":"FAILED","stats":{"cost":1,"mine":[1]}}"#, None),
            ("{}", neither),
            (r#"{"status":null,"stats":null}"#, neither),
            (r#"{"status":"INCOMPLETE"}"#, Some("only creation sets")),
            (r#"{"status":"DONE"}"#, Some("unknown variant")),
            (r#"{"stats":{"cost":"much"}}"#, Some("at `/cost`: must be")),
            (r#"{"stats":[]}"#, Some("invalid type")),
            (r#"{"status":"QUEUED","state":1}"#, Some("unknown field `state`")),
        ]);
    }

    #[test]
    fn a_node_execution_is_queued_with_its_data() {
        let missing = Some("at `/execution_data`: is missing");
        check::<NodeChange>(&[
            (r#"{"status":"RUNNING"}"#, None),
            (r#"{"status":"QUEUED","execution_data":{}}"#, None),
            (
                r#"{"status":"FAILED","execution_data":{"a":1},"stats":{"cost":"free"}}"#,
                None,
            ),
            (r#"{"status":"QUEUED"}"#, missing),
            (r#"{"status":"QUEUED","execution_data":null}"#, missing),
            (
                r#"{"status":"INCOMPLETE","execution_data":{}}"#,
                Some("only creation sets"),
            ),
            (r#"{"execution_data":{}}"#, Some("missing field `status`")),
            (r#"{"status":"RUNNING","data":{}}"#, Some("unknown field `data`")),
        ]);
    }

    #[test]
    fn statistics_come_under_their_stored_names() {
        let change: Change = serde_json::from_str(r#"{"status":"FAILED","stats":{"duration":1}}"#).unwrap();
        let (to, stats) = change.into_parts();
        assert_eq!(to, Some(Move::new(ExecutionStatus::Failed).unwrap()));
        assert!(stats.unwrap().contains_key("walltime"));
    }
}
