//! The executions of one node, taken together: how many, how long, the worst of them.

use runledger_models::ExecutionStatus;
use runledger_store::pages::nodes::{NodeGroup, NodeRun};

use super::{
    axis::Axis,
    bars::{Clock, Lane},
};

/// An execution of a node, as it is drawn.
#[derive(Debug)]
pub(super) struct Member {
    /// Its id.
    pub(super) id: String,
    /// Its status.
    pub(super) status: String,
    /// When it waited and ran.
    pub(super) lane: Lane,
}

/// A node with those of its executions that are shown, oldest first; never without any.
#[derive(Debug)]
pub(super) struct Group {
    /// The node's id.
    pub(super) node_id: String,
    /// What it is called.
    pub(super) label: Label,
    /// Its executions.
    pub(super) members: Vec<Member>,
}

/// What a node is called.
#[derive(Debug, Clone)]
pub(super) struct Label {
    /// Its name: what whoever made the graph calls it, or else its block's.
    pub(super) name: String,
    /// What its block is called, where that is not its name.
    pub(super) block: Option<String>,
}

impl Label {
    /// Of a node that is called like this, of this block.
    pub(super) fn new(name: Option<&str>, block: Option<&str>, node_id: &str) -> Self {
        // Blocks are often named after their class, which people who read a run do not care about.
        let block = block.map(|block| {
            block
                .strip_suffix("Block")
                .filter(|rest| !rest.is_empty())
                .unwrap_or(block)
        });
        match (name, block) {
            (Some(name), block) => Self {
                name: name.to_owned(),
                block: block.filter(|block| *block != name).map(str::to_owned),
            },
            (None, Some(block)) => Self {
                name: block.to_owned(),
                block: None,
            },
            (None, None) => Self {
                name: format!("Node {}", crate::format::short_id(node_id)),
                block: None,
            },
        }
    }
}

impl Member {
    fn new(run: NodeRun, clock: Clock) -> Self {
        let status = run.status.as_str().to_owned();
        Self {
            lane: Lane::new(clock, &status, [run.added, run.queued, run.started, run.ended]),
            id: run.id,
            status,
        }
    }
}

impl Group {
    /// Of what the store tells; nothing of a node without executions.
    pub(super) fn new(group: NodeGroup, clock: Clock) -> Option<Self> {
        let label = Label::new(group.name.as_deref(), group.block_name.as_deref(), &group.node_id);
        let members: Vec<_> = group.runs.into_iter().map(|run| Member::new(run, clock)).collect();
        (!members.is_empty()).then_some(Self {
            node_id: group.node_id,
            label,
            members,
        })
    }

    /// The part of it that is on this axis.
    pub(super) fn on(mut self, axis: Axis) -> Option<Self> {
        self.members.retain(|member| member.lane.is_on(axis));
        (!self.members.is_empty()).then_some(self)
    }

    /// How many executions it has.
    pub(super) fn count(&self) -> u64 {
        self.members.len() as u64
    }

    /// How many of them failed.
    pub(super) fn failed(&self) -> u64 {
        self.members
            .iter()
            .filter(|member| member.lane.class == "failed")
            .count() as u64
    }

    /// When the first of them began.
    pub(super) fn start(&self) -> f64 {
        let starts = self.members.iter().filter_map(|member| member.lane.start());
        starts.fold(f64::INFINITY, f64::min)
    }

    /// How long they ran together.
    pub(super) fn total(&self) -> f64 {
        self.members.iter().map(|member| member.lane.took()).sum()
    }

    /// How long the longest of them ran.
    pub(super) fn worst(&self) -> f64 {
        self.members.iter().map(|member| member.lane.took()).fold(0.0, f64::max)
    }

    /// The status that it has on the whole: the one that asks most for a look.
    pub(super) fn status(&self) -> &str {
        let worst = self.members.iter().min_by_key(|member| rank(&member.status));
        worst.map_or("", |member| &member.status)
    }

    /// The one that is looked at when the node is selected: the newest that failed, or the newest.
    pub(super) fn picked(&self) -> Option<&Member> {
        let failed = self.members.iter().rev().find(|member| member.lane.class == "failed");
        failed.or(self.members.last())
    }
}

/// What asks for a look comes first.
pub(super) fn rank(status: &str) -> u8 {
    match ExecutionStatus::parse(status) {
        Some(ExecutionStatus::Failed) => 0,
        Some(ExecutionStatus::Review) => 1,
        Some(ExecutionStatus::Running) => 2,
        Some(ExecutionStatus::Queued) => 3,
        Some(ExecutionStatus::Incomplete) => 4,
        Some(ExecutionStatus::Terminated) => 5,
        None => 6,
        Some(ExecutionStatus::Completed) => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(runs: &str) -> Group {
        let json = format!(r#"{{"node_id":"0123456789","block_name":"AITextBlock","name":null,"runs":{runs}}}"#);
        let clock = Clock { base: 0, end: 100.0 };
        Group::new(serde_json::from_str(&json).unwrap(), clock).unwrap()
    }

    #[test]
    fn a_group_is_told_by_its_worst() {
        let group =
            group(r#"[["a","COMPLETED",0,null,10,30],["b","FAILED",0,null,10,20],["c","RUNNING",0,null,50,null]]"#);
        assert_eq!((group.status(), group.count(), group.failed()), ("FAILED", 3, 1));
        assert_eq!((group.total(), group.worst(), group.start()), (80.0, 50.0, 0.0));
        assert_eq!(group.picked().map(|member| member.id.as_str()), Some("b"));
        assert_eq!(group.label.name, "AIText");
        let rest = group.on(Axis::new(60.0, 70.0)).unwrap();
        assert_eq!((rest.status(), rest.count()), ("RUNNING", 1));
        assert!(rest.on(Axis::new(200.0, 300.0)).is_none());
    }

    #[test]
    fn a_node_is_called_what_its_maker_calls_it() {
        for (name, block, expected) in [
            (Some("Summary"), Some("AITextBlock"), ("Summary", Some("AIText"))),
            (None, Some("Fetch a page"), ("Fetch a page", None)),
            (None, Some("Block"), ("Block", None)),
            (None, None, ("Node 01234567", None)),
        ] {
            let label = Label::new(name, block, "0123456789");
            assert_eq!((label.name.as_str(), label.block.as_deref()), expected);
        }
    }
}
