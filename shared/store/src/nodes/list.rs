//! Lists of node executions, newest first, by keyset: one statement for each way in, as with the lists of executions.

use runledger_models::{ExecutionStatus, Id, NodeExecutionResult, Scope, Timestamp, paging::Position};
use serde::Serialize;

use super::NodeRow;
use crate::{
    Read,
    keyset::{self, Part},
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

/// The list of the rows that `$reach` leads to.
macro_rules! listed {
    ($reach:literal) => {
        concat!(
            "SELECT json_build_object('ok', (\n",
            list_of_nodes!(
                concat!(
                    "SELECT n.*, e.\"userId\", e.\"agentGraphId\", e.\"agentGraphVersion\"\n",
                    "FROM \"AgentNodeExecution\" n\n",
                    "JOIN \"AgentGraphExecution\" e ON e.id = n.\"agentGraphExecutionId\"\nWHERE NOT e.\"isDeleted\"",
                    $reach,
                    "\n",
                    include_str!("filters.sql"),
                    "ORDER BY n.\"addedTime\" DESC, n.id DESC\nLIMIT ($1::jsonb ->> 'limit')::int\n"
                ),
                "runledger.answer_budget($1)"
            ),
            "))::text"
        )
    };
}

const OF_EXECUTION: &str = listed!(
    " AND n.\"agentGraphExecutionId\" = $1::jsonb ->> 'graph_exec_id'
    AND ($1 ->> 'user_id' IS NULL OR e.\"userId\" = $1 ->> 'user_id')"
);
const OF_NODE: &str = listed!(
    " AND n.\"agentNodeId\" = $1::jsonb ->> 'node_id'
    AND ($1 ->> 'user_id' IS NULL OR e.\"userId\" = $1 ->> 'user_id')"
);
const OF_USER: &str = listed!(" AND e.\"userId\" = $1::jsonb ->> 'user_id'");
const OF_ALL: &str = listed!(" AND $1::jsonb IS NOT NULL");

#[derive(Serialize)]
struct ListArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(flatten)]
    filter: &'a Filter,
    #[serde(flatten)]
    part: Part<'a>,
}

/// At most `limit` node executions older than `before` (from the newest on without it), and where the next ones begin.
pub fn list(
    scope: &Scope,
    filter: &Filter,
    before: Option<&Position>,
    limit: u32,
) -> Read<(Vec<NodeExecutionResult>, Option<Position>)> {
    let sql = match (&filter.graph_exec_id, &filter.node_id, scope) {
        (Some(_), ..) => OF_EXECUTION,
        (None, Some(_), _) => OF_NODE,
        (None, None, Scope::User(_)) => OF_USER,
        (None, None, Scope::Any(_)) => OF_ALL,
    };
    let args = ListArgs {
        user_id: scope.user_id(),
        filter,
        part: Part::before(before, limit),
    };
    Read::new(sql, &args).and_then(move |rows, log| {
        let (rows, next) = keyset::cut_rows(rows, limit, NodeRow::position)?;
        Ok((
            decoded(log, rows, "node execution", |row: NodeRow| row.into_result(log)),
            next,
        ))
    })
}
