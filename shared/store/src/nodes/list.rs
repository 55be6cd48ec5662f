//! Lists of node executions, newest first, by keyset.

use runledger_models::{ExecutionStatus, Id, NodeExecutionResult, Scope, Timestamp, paging::Position};
use serde::Serialize;

use super::NodeRow;
use crate::{
    Read,
    keyset::{self, KeysetPage},
    predicates::{Predicate, with_predicates},
    stored::decoded,
};

/// Which node executions a list holds. What is `None` does not narrow it.
#[derive(Debug, Default, Serialize)]
pub struct Filter {
    /// Of this graph execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_exec_id: Option<Id>,
    /// Of this node of a graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<Id>,
    /// Of nodes that run one of these blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_ids: Option<Vec<Id>>,
    /// In one of these statuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statuses: Option<Vec<ExecutionStatus>>,
    /// Added at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_from: Option<Timestamp>,
    /// Added at this time or earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_to: Option<Timestamp>,
    /// Shown without their data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub without_data: bool,
}

/// A list of node executions.
const LIST: &str = include_str!("list.sql");

/// The predicates of a list, those on indexed columns first.
fn predicates(scope: &Scope, filter: &Filter, before: Option<&Position>) -> [Predicate; 8] {
    [
        (
            filter.graph_exec_id.is_some(),
            r#"n."agentGraphExecutionId" = $1 ->> 'graph_exec_id'"#,
        ),
        (filter.node_id.is_some(), r#"n."agentNodeId" = $1 ->> 'node_id'"#),
        (scope.user_id().is_some(), r#"e."userId" = $1 ->> 'user_id'"#),
        (
            filter.block_ids.is_some(),
            r#"EXISTS (SELECT FROM "AgentNode" node
            WHERE node.id = n."agentNodeId" AND $1 -> 'block_ids' ? node."agentBlockId")"#,
        ),
        (
            filter.statuses.is_some(),
            r#"$1 -> 'statuses' ? n."executionStatus"::text"#,
        ),
        // The lower bound compares rows: the planner takes a plain pair of bounds for a narrow range and picks another index.
        (
            filter.created_from.is_some(),
            r#"(n."addedTime", n.id) >= (($1 ->> 'created_from')::timestamp, '')"#,
        ),
        (
            filter.created_to.is_some(),
            r#"n."addedTime" <= ($1 ->> 'created_to')::timestamp"#,
        ),
        (
            before.is_some(),
            r#"(n."addedTime", n.id) < (($1 ->> 'before_time')::timestamp, $1 ->> 'before_id')"#,
        ),
    ]
}

#[derive(Serialize)]
struct ListArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(flatten)]
    filter: &'a Filter,
    #[serde(flatten)]
    page: KeysetPage<'a>,
}

/// At most `limit` node executions older than `before` (from the newest on without it), and where the next ones begin.
pub fn list(
    scope: &Scope,
    filter: &Filter,
    before: Option<&Position>,
    limit: u32,
) -> Read<(Vec<NodeExecutionResult>, Option<Position>)> {
    let sql = with_predicates(LIST, &predicates(scope, filter, before));
    let args = ListArgs {
        user_id: scope.user_id(),
        filter,
        page: KeysetPage::before(before, limit),
    };
    Read::new(sql, &args).and_then(move |rows, log| {
        let (rows, next) = keyset::cut_rows(rows, limit, NodeRow::position)?;
        Ok((
            decoded(log, rows, "node execution", |row: NodeRow| row.into_result(log)),
            next,
        ))
    })
}
