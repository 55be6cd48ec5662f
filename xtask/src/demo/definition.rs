//! What the demo world is made of, as its files in `world` say it: blocks, agents, and what their runs are about.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use runledger_models::graph::BlockType;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::random::stable_id;

const BLOCKS: &str = include_str!("world/blocks.toml");
const POOLS: &str = include_str!("world/pools.toml");
const AGENTS: [&str; 7] = [
    include_str!("world/support_triage.toml"),
    include_str!("world/invoice_reader.toml"),
    include_str!("world/market_brief.toml"),
    include_str!("world/release_notes.toml"),
    include_str!("world/contract_review.toml"),
    include_str!("world/lead_enrichment.toml"),
    include_str!("world/catalogue.toml"),
];

/// All that there is.
#[derive(Debug)]
pub(super) struct World {
    pub(super) blocks: BTreeMap<String, Block>,
    /// Names and the like, of which each run has one: by the field that it fills.
    pub(super) pools: BTreeMap<String, Vec<Value>>,
    pub(super) agents: Vec<Agent>,
}

/// What nodes run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    /// Only of blocks that the ledger knows by their ids.
    id: Option<String>,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: BlockType,
    pub(super) description: String,
}

/// A graph with its versions, and its runs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Agent {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) description: String,
    /// How many days ago each version came in, from the first on.
    pub(super) versions: Vec<u32>,
    /// Runs on a working day.
    #[serde(default)]
    pub(super) per_day: f64,
    /// The mean of its scores; null for an agent that nobody scores.
    pub(super) score: Option<f64>,
    /// Whether its scores have been falling for some days.
    #[serde(default)]
    pub(super) falls: bool,
    /// How many of its runs fail.
    #[serde(default)]
    pub(super) failing: f64,
    pub(super) nodes: Vec<Node>,
    #[serde(default)]
    pub(super) errors: Vec<Failure>,
    pub(super) cases: Vec<Case>,
}

/// A node of a graph. Those that it has links from stand before it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Node {
    pub(super) key: String,
    pub(super) block: String,
    /// `source.output > input`
    #[serde(default)]
    links: Vec<String>,
    /// The first version that has it.
    #[serde(default = "first")]
    pub(super) since: u32,
    /// How long it runs, from the least to the most.
    pub(super) seconds: (f64, f64),
    /// How often it runs.
    #[serde(default = "once")]
    pub(super) times: (u32, u32),
    /// How many of them at once.
    #[serde(default = "first")]
    pub(super) lanes: u32,
    /// Whether it runs for each run of the node of its first link.
    #[serde(default)]
    pub(super) each: bool,
    /// The field with what each time is about: its `{{item}}`.
    pub(super) items: Option<String>,
    /// The field that has to be true for it to run.
    pub(super) when: Option<String>,
    /// The field that has to be anything else.
    pub(super) unless: Option<String>,
    /// How often it fails without an end to the run.
    #[serde(default)]
    pub(super) fails: f64,
    /// What a call of its model costs, in cents.
    pub(super) cents: Option<(u32, u32)>,
    /// The agent that it runs.
    pub(super) agent: Option<String>,
    /// Inputs that it always has.
    #[serde(default)]
    pub(super) values: Map<String, Value>,
    #[serde(default)]
    pub(super) output: Map<String, Value>,
}

const fn first() -> u32 {
    1
}

const fn once() -> (u32, u32) {
    (1, 1)
}

/// A way in which a run, or a node's execution, fails.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    pub(super) node: String,
    pub(super) message: String,
}

/// What a run is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// What the judge says of a good run.
    pub(super) good: String,
    /// And of a poor one.
    pub(super) poor: String,
    pub(super) fields: Map<String, Value>,
}

/// A link of a graph.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    pub(super) source: &'a str,
    pub(super) output: &'a str,
    pub(super) input: &'a str,
}

impl World {
    pub(super) fn load() -> Result<Self> {
        let agents = AGENTS.iter().map(|text| {
            let agent: Agent = toml::from_str(text)?;
            Ok(agent)
        });
        Ok(Self {
            blocks: toml::from_str(BLOCKS).context("read the demo's blocks")?,
            pools: toml::from_str(POOLS).context("read the demo's pools")?,
            agents: agents.collect::<Result<_>>().context("read the demo's agents")?,
        })
    }

    pub(super) fn agent(&self, key: &str) -> Result<&Agent> {
        let found = self.agents.iter().find(|agent| agent.key == key);
        found.with_context(|| format!("the demo has no agent {key}"))
    }

    pub(super) fn block(&self, node: &Node) -> Result<&Block> {
        let found = self.blocks.get(&node.block);
        found.with_context(|| format!("the demo has no block {}", node.block))
    }
}

impl Block {
    /// The block's identifier; `key` is its name in the file.
    pub(super) fn id(&self, key: &str) -> String {
        self.id.clone().unwrap_or_else(|| stable_id(&format!("block {key}")))
    }

    /// Whether the ledger knows it without being told.
    pub(super) fn is_known(&self) -> bool {
        self.id.is_some() && matches!(self.kind, BlockType::Input | BlockType::Output)
    }
}

impl Agent {
    pub(super) fn graph_id(&self) -> String {
        stable_id(&format!("graph {}", self.key))
    }

    /// The job that scored its runs.
    pub(super) fn scoring_job_id(&self) -> String {
        stable_id(&format!("scoring {}", self.key))
    }

    /// No two versions share a node.
    pub(super) fn node_id(&self, version: u32, node: &Node) -> String {
        stable_id(&format!("node {} {version} {}", self.key, node.key))
    }

    /// The version of a day.
    pub(super) fn version_at(&self, days_ago: u32) -> u32 {
        let there = self.versions.iter().filter(|since| **since >= days_ago).count();
        u32::try_from(there).unwrap_or_default().max(1)
    }

    pub(super) fn nodes_of(&self, version: u32) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |node| node.since <= version)
    }
}

impl Node {
    /// What people read on the canvas.
    pub(super) fn name(&self) -> String {
        let mut name = self.key.replace('-', " ");
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        name
    }

    pub(super) fn links(&self) -> impl Iterator<Item = Link<'_>> {
        self.links.iter().filter_map(|text| {
            let (source, input) = text.split_once(" > ")?;
            let (source, output) = source.split_once('.')?;
            Some(Link { source, output, input })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_world_holds_together() {
        let world = World::load().unwrap();
        for agent in &world.agents {
            let name = &agent.key;
            assert!(
                agent.versions.is_sorted_by(|a, b| a > b),
                "{name}: versions come one after the other"
            );
            assert!((5..=14).contains(&agent.nodes.len()), "{name}");
            assert!(!agent.cases.is_empty(), "{name} has nothing to do");
            let mut before = BTreeSet::new();
            for node in &agent.nodes {
                world.block(node).unwrap();
                assert_eq!(
                    node.links().count(),
                    node.links.len(),
                    "{name}: {} has a link that is none",
                    node.key
                );
                for link in node.links() {
                    assert!(
                        before.contains(link.source),
                        "{name}: {} stands before {}",
                        node.key,
                        link.source
                    );
                }
                if let Some(child) = &node.agent {
                    world.agent(child).unwrap();
                }
                assert!(before.insert(node.key.as_str()), "{name}: {} is there twice", node.key);
            }
            for failure in &agent.errors {
                assert!(
                    before.contains(failure.node.as_str()),
                    "{name}: no node {}",
                    failure.node
                );
            }
            assert!(
                agent
                    .nodes
                    .iter()
                    .all(|node| node.since as usize <= agent.versions.len()),
                "{name}"
            );
        }
    }
}
