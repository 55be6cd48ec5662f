//! One run, with what its page tells around it.

use runledger_logging::Log;
use runledger_models::{GraphExecution, Id, Scope, StoredStatus, Timestamp, scoring::Score, time::StoredTime};
use serde::{Deserialize, Serialize};

use crate::{
    Read,
    executions::{self, Filter, WithBoundary},
    predicates::with_predicates,
    stored::{Row, decoded, shown_time},
};

/// A run and what is around it.
const RUN: &str = include_str!("run.sql");
/// A run that was deleted.
const DELETED_RUN: &str = include_str!("deleted_run.sql");

/// What an execution's values are cut by: its inputs may have a quarter of it.
const VALUES_BUDGET: u64 = 8 << 20;
/// What those values are cut by that reached its input and output blocks.
const BOUNDARY_BUDGET: u64 = 2 << 20;
/// How many executions of one input or output block are looked at.
const EDGES: u32 = 50;
/// How many runs that it started are told.
const CHILDREN: u32 = 20;
/// How many scores are told.
const SCORES: u32 = 50;
/// Of so many changes at most the newest are told.
const LOOKS_AT: u32 = 1000;

#[derive(Serialize)]
struct RunArgs<'a> {
    run_id: &'a Id,
    user_id: Option<&'a str>,
    #[serde(flatten)]
    list: &'a Filter,
    values_budget: u64,
    boundary_budget: u64,
    edges: u32,
    children: u32,
    scores: u32,
    looks_at: u32,
    changes: u32,
}

/// A run and what is around it.
#[derive(Debug)]
pub struct Page {
    /// The run with its inputs and outputs, cut where they are large.
    pub run: GraphExecution,
    /// The name of the newest version of its graph.
    pub graph_name: Option<String>,
    /// When it was shared.
    pub shared_at: Option<Timestamp>,
    /// When its link ends.
    pub share_expires_at: Option<Timestamp>,
    /// The run that started it.
    pub parent: Option<Relative>,
    /// The newest of the runs that it started.
    pub children: Vec<Relative>,
    /// Whether there are more of them.
    pub has_more_children: bool,
    /// The run before it in its list, which is newer.
    pub newer: Option<String>,
    /// The run after it in its list.
    pub older: Option<String>,
    /// The scores that were given, newest first.
    pub scores: Vec<Score>,
    /// What changed, newest first; `None` where so much did that it is not told.
    pub changes: Option<Vec<Change>>,
}

/// Another run.
#[derive(Debug, Clone)]
pub struct Relative {
    /// The run.
    pub id: String,
    /// Its graph.
    pub graph_id: String,
    /// Its graph's name.
    pub graph_name: Option<String>,
    /// Where it stands.
    pub status: StoredStatus,
    /// When it was created.
    pub created_at: Option<Timestamp>,
}

/// A change of a run, or of one of its nodes.
#[derive(Debug, Deserialize)]
pub struct Change {
    /// When it was made.
    pub at: Timestamp,
    /// The node execution that changed, if it is not the run itself.
    pub node_exec_id: Option<String>,
    /// Its node.
    pub node_id: Option<String>,
    /// The status after it.
    pub status: StoredStatus,
    /// Whether the run is deleted after it.
    pub is_deleted: bool,
    /// Whether the run is shared after it.
    pub is_shared: Option<bool>,
    /// The run's score after it.
    pub score: Option<f64>,
}

#[derive(Deserialize)]
struct RelativeRow {
    id: String,
    graph_id: String,
    graph_name: Option<String>,
    status: StoredStatus,
    created_at: StoredTime,
}

#[derive(Deserialize)]
struct Changes {
    are_all: Option<bool>,
    rows: Vec<Row<Change>>,
}

#[derive(Deserialize)]
struct PageRow {
    run: WithBoundary,
    graph_name: Option<String>,
    shared_at: Option<StoredTime>,
    share_expires_at: Option<Timestamp>,
    parent: Option<RelativeRow>,
    children: Vec<RelativeRow>,
    newer: Option<String>,
    older: Option<String>,
    scores: Vec<Row<Score>>,
    changes: Changes,
}

impl RelativeRow {
    fn into_relative(self, log: &Log) -> Relative {
        let record = format!("execution {}", self.id);
        Relative {
            created_at: shown_time(log, Some(&self.created_at), &record, "createdAt"),
            id: self.id,
            graph_id: self.graph_id,
            graph_name: self.graph_name,
            status: self.status,
        }
    }
}

impl PageRow {
    fn into_page(self, log: &Log) -> Page {
        let mut children = self.children;
        let has_more_children = children.len() > CHILDREN as usize;
        children.truncate(CHILDREN as usize);
        let run = self.run.into_execution(log);
        let record = format!("execution {}", run.base.id);
        let are_all = self.changes.are_all.unwrap_or(true);
        Page {
            shared_at: shown_time(log, self.shared_at.as_ref(), &record, "sharedAt"),
            share_expires_at: self.share_expires_at,
            run,
            graph_name: self.graph_name,
            parent: self.parent.map(|row| row.into_relative(log)),
            children: children.into_iter().map(|row| row.into_relative(log)).collect(),
            has_more_children,
            newer: self.newer,
            older: self.older,
            scores: decoded(log, self.scores, "a score", |score| score),
            changes: are_all.then(|| decoded(log, self.changes.rows, "a change", |change| change)),
        }
    }
}

/// The run `id`, its neighbours in the list of this filter, and the `changes` newest changes of it.
pub fn run(scope: &Scope, id: &Id, list: &Filter, changes: u32) -> Read<Page> {
    let args = RunArgs {
        run_id: id,
        user_id: scope.user_id(),
        list,
        values_budget: VALUES_BUDGET,
        boundary_budget: BOUNDARY_BUDGET,
        edges: EDGES,
        children: CHILDREN + 1,
        scores: SCORES,
        looks_at: LOOKS_AT,
        changes,
    };
    let sql = with_predicates(RUN, &executions::predicates(scope, list, None, true));
    Read::new(sql, &args).map(|row: PageRow, log| row.into_page(log))
}

/// The run `id`, if it is deleted.
pub fn deleted_run(scope: &Scope, id: &Id) -> Read<Relative> {
    #[derive(Serialize)]
    struct DeletedRunArgs<'a> {
        run_id: &'a Id,
        user_id: Option<&'a str>,
    }
    let args = DeletedRunArgs {
        run_id: id,
        user_id: scope.user_id(),
    };
    Read::new(DELETED_RUN, &args).map(|row: RelativeRow, log| row.into_relative(log))
}
