//! Executions imported from elsewhere, in any status: the shape of an item and the rules between its fields.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ExecutionStatus, Id, Object, Timestamp, UserId, bounded::VersionNumber, fault::Fault, json, stats::SentStats,
};

/// The most items of one import.
pub const MAX_ITEMS: usize = 1000;

/// One execution to import.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "graph_id": "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
    "graph_version": 1,
    "status": "COMPLETED",
    "created_at": "2026-01-02T03:04:05.678Z",
    "inputs": {"question": "why"},
    "stats": {"cost": 12, "walltime": 1.5},
    "node_executions": [{"node_id": "0197a3c2-7d4f-7b20-a1c6-3e9f8d7c6b5a", "status": "COMPLETED", "input_data": {"value": "why"}, "output_data": {"result": ["why"]}}]
}))]
pub struct ImportedExecution {
    /// Its identifier; a new one when missing.
    pub id: Option<Id>,
    /// Who owns it.
    pub user_id: UserId,
    /// The graph that ran.
    pub graph_id: Id,
    /// The graph's version.
    pub graph_version: VersionNumber,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it was created; now when missing.
    pub created_at: Option<Timestamp>,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended; now when missing and the status is terminal.
    pub ended_at: Option<Timestamp>,
    /// Its inputs.
    #[schema(value_type = Option<Object>)]
    pub inputs: Option<Object>,
    /// Its statistics, under their stored or shown names.
    pub stats: Option<SentStats>,
    /// The execution that started it: one of the same user, stored already or earlier in the import.
    pub parent_graph_exec_id: Option<Id>,
    /// Its node executions.
    #[serde(default, deserialize_with = "json::records")]
    pub node_executions: Vec<ImportedNode>,
}

/// One node execution to import.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportedNode {
    /// The node of the graph.
    pub node_id: Id,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// What went in, by name.
    #[schema(value_type = Option<Object>)]
    pub input_data: Option<Object>,
    /// What came out: every value of each name.
    #[schema(value_type = Option<BTreeMap<String, Vec<Value>>>)]
    pub output_data: Option<crate::node::Outputs>,
    /// When it was added; the execution's creation when missing.
    pub add_time: Option<Timestamp>,
    /// When it was queued.
    pub queue_time: Option<Timestamp>,
    /// When it started.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
}

/// Checks the rules that need no database and gives every item its identifier. Each item comes with its place in what was
/// sent. All faults are told at once.
pub fn prepare<'a>(items: impl IntoIterator<Item = (usize, &'a mut ImportedExecution)>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen = HashSet::new();
    for (index, item) in items {
        let mut fault = |field: &str, detail: &str| {
            faults.push(Fault {
                pointer: format!("/{index}{field}"),
                detail: detail.into(),
            });
        };
        let id = item.id.get_or_insert_with(Id::generate);
        if !seen.insert(id.clone()) {
            fault("/id", "is given twice in this import");
        }
        if let (Some(started), Some(ended)) = (item.started_at, item.ended_at)
            && ended < started
        {
            fault("/ended_at", "is before started_at");
        }
        if item.ended_at.is_some() && !item.status.is_terminal() {
            fault("/ended_at", "is given, but the status is not terminal");
        }
        for (position, node) in item.node_executions.iter().enumerate() {
            let at = |field: &str| format!("/node_executions/{position}/{field}");
            if let (Some(started), Some(ended)) = (node.start_time, node.end_time)
                && ended < started
            {
                fault(&at("end_time"), "is before start_time");
            }
            if node.end_time.is_some() && !node.status.is_terminal() {
                fault(&at("end_time"), "is given, but the status is not terminal");
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<ImportedExecution> {
        serde_json::from_str(text).unwrap()
    }

    fn item(more: &str) -> String {
        format!(r#"{{"user_id":"u","graph_id":"g","graph_version":1{more}}}"#)
    }

    #[test]
    fn faults_point_at_what_is_wrong() {
        for (more, pointer) in [
            (
                r#","status":"RUNNING","ended_at":"2026-01-01T00:00:00Z""#,
                "/0/ended_at",
            ),
            (
                r#","status":"FAILED","started_at":"2026-01-02T00:00:00Z","ended_at":"2026-01-01T00:00:00Z""#,
                "/0/ended_at",
            ),
            (
                r#","status":"FAILED","node_executions":[{"node_id":"n","status":"QUEUED","end_time":"2026-01-01T00:00:00Z"}]"#,
                "/0/node_executions/0/end_time",
            ),
        ] {
            let faults = prepare(items(&format!("[{}]", item(more))).iter_mut().enumerate());
            assert_eq!(faults[0].pointer, pointer, "{more}");
        }
    }

    #[test]
    fn every_item_gets_an_identifier_and_none_may_come_twice() {
        let complete = item(r#","status":"COMPLETED","stats":{"duration":1}"#);
        let mut two = items(&format!("[{complete},{complete}]"));
        assert!(prepare(two.iter_mut().enumerate()).is_empty());
        assert!(two[0].id.is_some() && two[0].id != two[1].id);

        let same = item(r#","status":"COMPLETED","id":"x""#);
        let faults = prepare(
            items(&format!("[{same},{same}]"))
                .iter_mut()
                .enumerate()
                .map(|(index, item)| (index + 3, item)),
        );
        assert_eq!(faults[0].pointer, "/4/id");
    }
}
