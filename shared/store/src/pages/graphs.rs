//! Graphs, and how they do.

use runledger_models::{Id, Scope, Timestamp, time::StoredTime};
use serde::{Deserialize, Serialize};

use super::history::Sums;
use crate::{
    Read,
    stored::{Row, decoded},
};

const GRAPHS: &str = include_str!("graphs.sql");
const GRAPH: &str = include_str!("graph.sql");

/// How many of the newest runs are looked at one by one.
pub const WINDOW: u32 = 2000;

/// The order of a list of graphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Those that ran most first.
    Runs,
    /// Those of which the largest share failed first.
    Failed,
    /// Those that cost most first.
    Cost,
    /// Those that took longest on average first.
    Duration,
}

/// A graph and how it does.
#[derive(Debug, Deserialize)]
pub struct ListedGraph {
    /// The graph.
    pub graph_id: String,
    /// What its newest version is called.
    pub graph_name: String,
    /// How many versions there are.
    pub versions: u64,
    /// The newest one.
    pub version: Option<i32>,
    /// When it last ran, in whatever range of time.
    pub last_run: Option<StoredTime>,
    /// What its runs came to.
    #[serde(flatten)]
    pub sums: Sums,
}

/// A part of the list of graphs.
#[derive(Debug)]
pub struct Graphs {
    /// How many ran.
    pub total: u64,
    /// The graphs.
    pub rows: Vec<ListedGraph>,
    /// Whether there are more.
    pub has_more: bool,
}

#[derive(Deserialize)]
struct GraphRows {
    total: u64,
    rows: Vec<Row<ListedGraph>>,
}

#[derive(Serialize)]
struct GraphsArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    from: Timestamp,
    to: Timestamp,
    sort: Order,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a Id>,
    limit: u32,
}

/// At most `limit` of the graphs that ran in a range of time, from the one after `after` on.
pub fn graphs(scope: &Scope, [from, to]: [Timestamp; 2], sort: Order, after: Option<&Id>, limit: u32) -> Read<Graphs> {
    let args = GraphsArgs {
        user_id: scope.user_id(),
        from,
        to,
        sort,
        after,
        limit: limit.saturating_add(1),
    };
    Read::new(GRAPHS, &args).map(move |GraphRows { total, mut rows }, log| {
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Graphs {
            total,
            rows: decoded(log, rows, "graph", |row| row),
            has_more,
        }
    })
}

/// A node of a graph.
#[derive(Debug, Deserialize)]
pub struct GraphNode {
    /// The node.
    pub id: String,
    /// What its block is called.
    pub name: String,
}

/// A link between two nodes.
#[derive(Debug, Deserialize)]
pub struct GraphLink {
    /// What the block that it begins at is called.
    pub source: String,
    /// The output there.
    pub source_name: String,
    /// What the block that it ends at is called.
    pub sink: String,
    /// The input there.
    pub sink_name: String,
}

/// What the runs of a version came to.
#[derive(Debug, Deserialize)]
pub struct VersionSums {
    /// The version.
    pub version: i32,
    /// What they came to.
    #[serde(flatten)]
    pub sums: Sums,
}

/// A graph.
#[derive(Debug, Deserialize)]
pub struct ShownGraph {
    /// What its newest version is called.
    pub name: String,
    /// The beginning of what it says of itself.
    pub description: Option<String>,
    /// The newest version.
    pub version: i32,
    /// When that was made.
    pub created_at: StoredTime,
    /// The nodes of the newest version, 200 at most.
    pub nodes: Vec<GraphNode>,
    /// The links between them, 400 at most.
    pub links: Vec<GraphLink>,
    /// What the newest [`WINDOW`] runs came to, by version.
    pub versions: Vec<VersionSums>,
}

#[derive(Serialize)]
struct GraphArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    graph_id: &'a Id,
    from: Timestamp,
    to: Timestamp,
    window: u32,
}

/// A graph that the caller owns, or has runs of, and what the newest of them in a range of time came to.
pub fn graph(scope: &Scope, graph_id: &Id, [from, to]: [Timestamp; 2]) -> Read<ShownGraph> {
    let args = GraphArgs {
        user_id: scope.user_id(),
        graph_id,
        from,
        to,
        window: WINDOW,
    };
    Read::new(GRAPH, &args)
}
