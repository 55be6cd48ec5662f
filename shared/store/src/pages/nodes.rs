//! What happened inside a run: its graph, its node executions by node, one of them with its data.

use runledger_logging::Log;
use runledger_models::{
    Id, Json, NodeExecutionResult, Scope, StoredStatus, Timestamp, paging::Position, time::StoredTime,
};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use crate::{
    Read,
    nodes::NodeRow,
    predicates::with_predicates,
    stored::{Row, decoded, shown_time},
};

/// The nodes of a run.
const SECTION: &str = include_str!("nodes_section.sql");
/// One node execution.
const INSPECT: &str = include_str!("nodes_inspect.sql");

/// Which node executions of a run are shown.
#[derive(Debug, Clone)]
pub struct SectionQuery<'a> {
    /// The run.
    pub run: &'a Id,
    /// Those before this place in the order of their addition; the newest without it.
    pub before: Option<&'a Position>,
    /// Only those that failed.
    pub only_failed: bool,
    /// At most so many are looked at.
    pub looks_at: u32,
    /// At most so many of these are shown.
    pub shows: u32,
    /// At most so many of the graph's nodes are drawn, and one more is told of.
    pub draws: u32,
    /// At most so many of the runs that it started are shown, and one more is told of.
    pub children: u32,
}

#[derive(Serialize)]
struct SectionArgs<'a> {
    run: &'a Id,
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_time: Option<&'a StoredTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_id: Option<&'a str>,
    only_failed: bool,
    looks_at: u32,
    shows: u32,
    draws: u32,
    children: u32,
}

/// A moment in milliseconds since 1970; none where there is none, or where no number says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Millis(pub Option<i64>);

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Told {
            Number(f64),
            Other(IgnoredAny),
        }
        Ok(Self(match Told::deserialize(deserializer)? {
            // Beyond the years that RFC 3339 can say nothing is drawn either.
            Told::Number(millis) if millis.abs() < 2.6e14 => Some(millis as i64),
            Told::Number(_) | Told::Other(IgnoredAny) => None,
        }))
    }
}

/// The nodes of a run.
#[derive(Debug)]
pub struct Section {
    /// Where the run stands.
    pub status: StoredStatus,
    /// When it was created, started and ended.
    pub times: [Millis; 3],
    /// How many node executions it has, as its statistics say.
    pub counted: Option<u64>,
    /// How many node executions were looked at.
    pub looked_at: u32,
    /// The oldest of these.
    pub oldest: Option<Position>,
    /// The nodes of its graph.
    pub nodes: Vec<GraphNode>,
    /// Which of them lead to which.
    pub links: Vec<(String, String)>,
    /// The node executions by node.
    pub groups: Vec<NodeGroup>,
    /// The runs that it started, newest first.
    pub children: Vec<ChildRun>,
}

/// A node of a graph.
#[derive(Debug, Deserialize)]
pub struct GraphNode {
    /// Its id.
    pub id: String,
    /// What its block is called.
    pub block_name: String,
    /// What whoever made the graph calls it.
    pub name: Option<String>,
}

/// The executions of a node, oldest first.
#[derive(Debug, Deserialize)]
pub struct NodeGroup {
    /// The node.
    pub node_id: String,
    /// What its block is called.
    pub block_name: Option<String>,
    /// What whoever made the graph calls it.
    pub name: Option<String>,
    /// Its executions.
    pub runs: Vec<NodeRun>,
}

/// An execution of a node.
#[derive(Debug, Clone, Deserialize)]
pub struct NodeRun {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub status: StoredStatus,
    /// When it was added.
    pub added: Millis,
    /// When it was queued.
    pub queued: Millis,
    /// When it started.
    pub started: Millis,
    /// When it ended.
    pub ended: Millis,
}

/// A run that another one started.
#[derive(Debug, Deserialize)]
pub struct ChildRun {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub status: StoredStatus,
    /// Its graph.
    pub graph_id: String,
    /// What the graph's newest version is called.
    pub name: Option<String>,
    /// When it was created.
    pub added: Millis,
    /// When it started.
    pub started: Millis,
    /// When it ended.
    pub ended: Millis,
}

#[derive(Deserialize)]
struct SectionRow {
    status: StoredStatus,
    created: Millis,
    started: Millis,
    ended: Millis,
    counted: Option<i64>,
    looked_at: u32,
    oldest: Option<Position>,
    nodes: Vec<GraphNode>,
    links: Vec<(String, String)>,
    groups: Vec<Row<NodeGroup>>,
    children: Vec<Row<ChildRun>>,
}

impl SectionRow {
    fn into_section(self, log: &Log) -> Section {
        Section {
            status: self.status,
            times: [self.created, self.started, self.ended],
            counted: self.counted.and_then(|count| u64::try_from(count).ok()),
            looked_at: self.looked_at,
            oldest: self.oldest,
            nodes: self.nodes,
            links: self.links,
            groups: decoded(log, self.groups, "node", |row| row),
            children: decoded(log, self.children, "execution", |row| row),
        }
    }
}

/// The nodes of a run: its graph, the newest of its node executions, and the runs that it started.
pub fn run_nodes(scope: &Scope, query: &SectionQuery<'_>) -> Read<Section> {
    let before = query.before;
    let sql = with_predicates(
        SECTION,
        &[(
            before.is_some(),
            r#"(n."addedTime", n.id) < (($1 ->> 'before_time')::timestamp, $1 ->> 'before_id')"#,
        )],
    );
    let args = SectionArgs {
        run: query.run,
        user_id: scope.user_id(),
        before_time: before.map(|position| &position.created_at),
        before_id: before.map(|position| position.id.as_str()),
        only_failed: query.only_failed,
        looks_at: query.looks_at,
        shows: query.shows,
        draws: query.draws,
        children: query.children,
    };
    Read::new(sql, &args).map(|row: SectionRow, log| row.into_section(log))
}

#[derive(Serialize)]
struct InspectArgs<'a> {
    run: &'a Id,
    id: &'a Id,
    user_id: Option<&'a str>,
    looks_at: u32,
    tries: u32,
    data_bytes: u64,
}

/// A node execution, and what is around it.
#[derive(Debug)]
pub struct Inspected {
    /// It, with its data.
    pub node: NodeExecutionResult,
    /// What its block is called.
    pub block_name: Option<String>,
    /// What whoever made the graph calls the node.
    pub name: Option<String>,
    /// What it says of its failure.
    pub error: Option<String>,
    /// Its statistics, without the data in them.
    pub stats: Option<Json>,
    /// The executions of the same node before it, newest first.
    pub earlier: Vec<Try>,
    /// Those after it, oldest first.
    pub later: Vec<Try>,
}

/// Another execution of the same node.
#[derive(Debug)]
pub struct Try {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub status: StoredStatus,
    /// When it was added.
    pub added: Option<Timestamp>,
}

#[derive(Deserialize)]
struct InspectRow {
    row: NodeRow,
    block_name: Option<String>,
    name: Option<String>,
    error: Option<String>,
    stats: Option<Json>,
    earlier: Vec<TryRow>,
    later: Vec<TryRow>,
}

#[derive(Deserialize)]
struct TryRow {
    id: String,
    status: StoredStatus,
    added: StoredTime,
}

impl InspectRow {
    fn into_inspected(self, log: &Log) -> Inspected {
        let tries = |rows: Vec<TryRow>| {
            let view = |TryRow { id, status, added }| {
                let added = shown_time(log, Some(&added), &format!("node execution {id}"), "addedTime");
                Try { id, status, added }
            };
            rows.into_iter().map(view).collect()
        };
        Inspected {
            node: self.row.into_result(log),
            block_name: self.block_name,
            name: self.name,
            error: self.error,
            stats: self.stats,
            earlier: tries(self.earlier),
            later: tries(self.later),
        }
    }
}

/// The node execution `id` of a run with so many bytes of its data, and at most `tries` executions of the same node before
/// and after it, as far as they are among the `looks_at` next to it.
pub fn node_run(scope: &Scope, run: &Id, id: &Id, data_bytes: u64, tries: u32, looks_at: u32) -> Read<Inspected> {
    let args = InspectArgs {
        run,
        id,
        user_id: scope.user_id(),
        looks_at,
        tries,
        data_bytes,
    };
    Read::new(INSPECT, &args).map(|row: InspectRow, log| row.into_inspected(log))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_no_number_says_are_none() {
        let run: NodeRun = serde_json::from_str(r#"["a","PAUSED",1.5,null,"Infinity",1e300]"#).unwrap();
        let times = [run.added, run.queued, run.started, run.ended].map(|Millis(millis)| millis);
        assert_eq!(times, [Some(1), None, None, None]);
    }
}
