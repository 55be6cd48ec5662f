//! The course of a run, made up before it happens: which nodes run when, what goes in and comes out, and how it ends.

use std::collections::BTreeMap;

use anyhow::Result;
use runledger_models::graph::BlockType;
use serde_json::{Map, Value, json};

use super::definition::{Agent, Case, Failure, Link, Node, World};
use super::random::Random;
use super::template::filled;

/// The longest that a run waits between two nodes, in seconds.
const BUSY: (f64, f64) = (0.04, 0.9);

/// A run as it will happen. Times are seconds since it started.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) agent: &'a Agent,
    pub(super) version: u32,
    pub(super) case: &'a Case,
    pub(super) fields: Map<String, Value>,
    pub(super) nodes: Vec<NodeRun<'a>>,
    pub(super) status: &'static str,
    pub(super) error: Option<String>,
    pub(super) seconds: f64,
}

/// One execution of one node.
#[derive(Debug)]
pub(super) struct NodeRun<'a> {
    pub(super) node: &'a Node,
    pub(super) block_type: BlockType,
    pub(super) queued: f64,
    pub(super) started: Option<f64>,
    pub(super) ended: Option<f64>,
    pub(super) status: &'static str,
    pub(super) input: Map<String, Value>,
    pub(super) output: BTreeMap<String, Vec<Value>>,
    pub(super) error: Option<String>,
    /// What this time was about.
    item: Option<Value>,
    pub(super) cents: u32,
    /// That went into its model and that came out.
    pub(super) tokens: (u32, u32),
    /// The run that it starts.
    pub(super) child: Option<Box<Run<'a>>>,
}

/// How a run ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending<'a> {
    Completes,
    Fails(&'a Failure),
    /// Somebody stops it, after this part of its time.
    Stopped(f64),
}

/// Makes up runs.
#[derive(Debug)]
pub(super) struct Planner<'a> {
    pub(super) world: &'a World,
    pub(super) random: Random,
    /// How long people take to review: of each node its own where this is null.
    pub(super) review: Option<(f64, f64)>,
}

impl<'a> Planner<'a> {
    /// A run of the agent, with whatever befalls it.
    pub(super) fn run(&mut self, agent: &'a Agent, version: u32) -> Result<Run<'a>> {
        let failure = self.random.pick(&agent.errors);
        let ending = match failure {
            Some(failure) if self.random.chance(agent.failing) => Ending::Fails(failure),
            _ if self.random.chance(0.02) => Ending::Stopped(self.random.between((0.2, 0.8))),
            _ => Ending::Completes,
        };
        self.run_that(agent, version, ending)
    }

    /// A run of the agent that ends so, if it comes to that.
    pub(super) fn run_that(&mut self, agent: &'a Agent, version: u32, ending: Ending<'a>) -> Result<Run<'a>> {
        // The test of the files sees to it that there is one.
        let case = self.random.pick(&agent.cases).unwrap_or(&agent.cases[0]);
        let mut run = Run {
            agent,
            version,
            case,
            fields: self.fields(case),
            nodes: vec![],
            status: "COMPLETED",
            error: None,
            seconds: 0.0,
        };
        for node in agent.nodes_of(version) {
            let failure = match ending {
                Ending::Fails(failure) if failure.node == node.key => Some(failure),
                _ => None,
            };
            self.executions(&mut run, node, failure)?;
        }
        run.seconds = run.last_end();
        match ending {
            Ending::Completes => {}
            Ending::Fails(_) => run.fail(),
            Ending::Stopped(part) => {
                let at = run.seconds * part;
                run.cut(at);
                run.seconds = at;
                run.status = "TERMINATED";
            }
        }
        Ok(run)
    }

    fn fields(&mut self, case: &Case) -> Map<String, Value> {
        let mut fields = Map::new();
        for (name, pool) in &self.world.pools {
            if let Some(value) = self.random.pick(pool) {
                fields.insert(name.clone(), value.clone());
            }
        }
        fields.insert("number".to_owned(), self.random.whole((1_200, 9_800)).into());
        fields.extend(case.fields.clone());
        fields
    }

    /// Adds what a node does, if it comes to that.
    fn executions(&mut self, run: &mut Run<'a>, node: &'a Node, failure: Option<&Failure>) -> Result<()> {
        let is_true = |field: &String| run.fields.get(field) == Some(&Value::Bool(true));
        let wanted = node.when.as_ref().is_none_or(is_true) && !node.unless.as_ref().is_some_and(is_true);
        let links: Vec<_> = node.links().map(|link| (link, run.completed(link.source))).collect();
        if !wanted || (!links.is_empty() && links.iter().all(|(_, sources)| sources.is_empty())) {
            return Ok(());
        }
        let block_type = self.world.block(node)?.kind;
        let ends: Vec<_> = run.nodes.iter().map(|node| node.ended.unwrap_or_default()).collect();
        let all_there = links
            .iter()
            .flat_map(|(_, sources)| sources)
            .map(|source| ends[*source])
            .fold(0.0, f64::max);
        let leading = links.first().map(|(_, sources)| sources.clone()).unwrap_or_default();
        let times = if node.each {
            leading.len()
        } else {
            self.random.whole(node.times) as usize
        };
        let failing = failure.map(|_| times / 2);
        let mut lanes = vec![0.0_f64; node.lanes.max(1) as usize];
        for time in 0..times {
            let source = leading.get(time).filter(|_| node.each);
            let ready = source.map_or(all_there, |source| ends[*source]);
            let queued = ready + 0.01 + time as f64 * if node.each { 0.0 } else { 0.015 };
            let Some(lane) = lanes.iter_mut().min_by(|a, b| a.total_cmp(b)) else {
                break;
            };
            let started = lane.max(queued) + self.random.skewed(BUSY) / if times > 100 { 20.0 } else { 1.0 };
            let item = match source {
                Some(source) => run.nodes[*source].item.clone(),
                None => item(&run.fields, node, time),
            };
            let mut fields = run.fields.clone();
            fields.insert("time".to_owned(), (time + 1).into());
            fields.extend(item.clone().map(|item| ("item".to_owned(), item)));
            let child = node.agent.as_deref().map(|key| self.child(key)).transpose()?;
            let took = match &child {
                Some(child) => child.seconds + 0.4,
                None if block_type == BlockType::HumanInTheLoop => {
                    self.random.skewed(self.review.unwrap_or(node.seconds))
                }
                None => self.random.skewed(node.seconds),
            };
            *lane = started + took;

            let ends_run = failing == Some(time);
            let error = match failure {
                Some(failure) if ends_run => Some(failure.message.clone()),
                _ if self.random.chance(node.fails) => {
                    let known: Vec<_> = run.agent.errors.iter().filter(|error| error.node == node.key).collect();
                    self.random.pick(&known).map(|failure| failure.message.clone())
                }
                _ => None,
            };
            let error = error.map(|text| text_of(&filled(&text.into(), &fields)));
            let input = run.input(node, block_type == BlockType::Input, &links, &fields, time);
            let output = if error.is_some() {
                BTreeMap::new()
            } else {
                output(node, block_type, &input, &fields)
            };
            let cents = node.cents.map_or(0, |cents| self.random.whole(cents));
            let size = |value: &str| u32::try_from(value.len() / 4).unwrap_or_default();
            let tokens = node.cents.map_or((0, 0), |_| {
                let read = size(&Value::Object(input.clone()).to_string());
                (
                    self.random.whole((420, 900)) + read,
                    size(&json!(output).to_string()) + 12,
                )
            });
            run.nodes.push(NodeRun {
                node,
                block_type,
                queued,
                started: Some(started),
                ended: Some(*lane),
                status: if error.is_some() { "FAILED" } else { "COMPLETED" },
                input,
                output,
                cents,
                tokens,
                child,
                item,
                error: error.clone(),
            });
            if ends_run {
                run.error = error;
                break;
            }
        }
        Ok(())
    }

    fn child(&mut self, key: &str) -> Result<Box<Run<'a>>> {
        let agent = self.world.agent(key)?;
        let version = agent.version_at(0);
        Ok(Box::new(self.run_that(agent, version, Ending::Completes)?))
    }
}

impl Run<'_> {
    /// The places of those executions of a node that went well.
    fn completed(&self, key: &str) -> Vec<usize> {
        let good = |(_, run): &(usize, &NodeRun<'_>)| run.node.key == key && run.status == "COMPLETED";
        self.nodes
            .iter()
            .enumerate()
            .filter(good)
            .map(|(place, _)| place)
            .collect()
    }

    /// What goes into a node: what it always has, and what its links bring from those places.
    fn input(
        &self,
        node: &Node,
        is_input: bool,
        links: &[(Link<'_>, Vec<usize>)],
        fields: &Map<String, Value>,
        time: usize,
    ) -> Map<String, Value> {
        let mut input = Map::new();
        for (name, value) in &node.values {
            input.insert(name.clone(), filled(value, fields));
        }
        if is_input {
            let field = node.values.get("name").and_then(Value::as_str);
            let value = field.and_then(|field| fields.get(field));
            input.insert(
                "value".to_owned(),
                value.map_or(Value::Null, |value| filled(value, fields)),
            );
        }
        for (link, sources) in links {
            let source = sources
                .get(time % sources.len().max(1))
                .map(|place| &self.nodes[*place]);
            let values = source.and_then(|source| source.output.get(link.output));
            if let Some(value) = values.and_then(|values| values.first()) {
                input.insert(link.input.to_owned(), value.clone());
            }
        }
        input
    }

    fn last_end(&self) -> f64 {
        self.nodes.iter().filter_map(|node| node.ended).fold(0.0, f64::max)
    }

    /// Ends the run with its error: what had not started by then never does.
    fn fail(&mut self) {
        let failed = self.nodes.iter().filter(|node| node.error == self.error);
        // Its way may not have led to the node at all.
        let Some(at) = failed
            .filter_map(|node| node.ended)
            .reduce(f64::min)
            .filter(|_| self.error.is_some())
        else {
            return;
        };
        self.nodes.retain(|node| node.queued <= at);
        for node in &mut self.nodes {
            if node.started.is_none_or(|started| started > at) {
                node.stop(at);
            }
        }
        self.seconds = self.last_end();
        self.status = "FAILED";
    }

    /// Leaves what had happened at a time: what ran then is stopped, what waited too.
    fn cut(&mut self, at: f64) {
        self.nodes.retain(|node| node.queued <= at);
        for node in &mut self.nodes {
            if node.ended.is_none_or(|ended| ended > at) {
                node.stop(at);
            }
        }
    }

    /// Leaves what had happened at a time, with what ran then still running.
    pub(super) fn pause(&mut self, at: f64) {
        self.nodes.retain(|node| node.queued <= at);
        for node in &mut self.nodes {
            if node.ended.is_none_or(|ended| ended > at) {
                let runs = node.started.is_some_and(|started| started <= at);
                node.stop(at);
                node.ended = None;
                node.status = if runs { "RUNNING" } else { "QUEUED" };
            }
        }
        self.status = "RUNNING";
        self.seconds = at;
    }

    /// Has all of it, and the runs that it starts, take so many times as long.
    pub(super) fn scale(&mut self, factor: f64) {
        self.seconds *= factor;
        for node in &mut self.nodes {
            node.queued *= factor;
            node.started = node.started.map(|started| started * factor);
            node.ended = node.ended.map(|ended| ended * factor);
            if let Some(child) = &mut node.child {
                child.scale(factor);
            }
        }
    }

    /// The inputs of the whole run.
    pub(super) fn inputs(&self) -> Map<String, Value> {
        let given = self.nodes.iter().filter(|node| node.block_type == BlockType::Input);
        let named = given.filter_map(|node| {
            let name = node.input.get("name").and_then(Value::as_str)?;
            Some((name.to_owned(), node.input.get("value").cloned()?))
        });
        named.collect()
    }

    pub(super) fn cents(&self) -> u32 {
        self.nodes.iter().map(|node| node.cents).sum()
    }

    /// The statistics as the executor reports them.
    pub(super) fn stats(&self) -> Map<String, Value> {
        let took: Vec<_> = self.nodes.iter().filter_map(NodeRun::seconds).collect();
        let nodes: f64 = took.iter().sum();
        let errors = self.nodes.iter().filter(|node| node.error.is_some()).count();
        let stats = json!({
            "cost": self.cents(),
            "walltime": rounded(self.seconds),
            "cputime": rounded(self.seconds * 0.06),
            "nodes_walltime": rounded(nodes),
            "nodes_cputime": rounded(nodes * 0.05),
            "node_count": took.len(),
            "node_error_count": errors,
            "error": self.error,
        });
        match stats {
            Value::Object(stats) => stats,
            _ => Map::new(),
        }
    }
}

impl NodeRun<'_> {
    fn stop(&mut self, at: f64) {
        self.started = self.started.filter(|started| *started <= at);
        self.ended = Some(at);
        self.status = "TERMINATED";
        self.output.clear();
        self.error = None;
        self.child = None;
        self.cents = 0;
        self.tokens = (0, 0);
    }

    /// How long it ran.
    pub(super) fn seconds(&self) -> Option<f64> {
        Some(self.ended? - self.started?)
    }

    /// Its statistics, as the executor reports them.
    pub(super) fn stats(&self) -> Value {
        let seconds = self.seconds().unwrap_or_default();
        let mut stats = json!({
            "walltime": rounded(seconds),
            "cputime": rounded(seconds * 0.05),
            "input_size": Value::Object(self.input.clone()).to_string().len(),
            "output_size": json!(self.output).to_string().len(),
        });
        if self.tokens.0 > 0 {
            stats["cost"] = self.cents.into();
            stats["llm_call_count"] = 1.into();
            stats["input_token_count"] = self.tokens.0.into();
            stats["output_token_count"] = self.tokens.1.into();
        }
        if let Some(error) = &self.error {
            stats["error"] = error.as_str().into();
        }
        stats
    }
}

/// What comes out of a node that goes well.
fn output(
    node: &Node,
    block_type: BlockType,
    input: &Map<String, Value>,
    fields: &Map<String, Value>,
) -> BTreeMap<String, Vec<Value>> {
    let value = || vec![input.get("value").cloned().unwrap_or_default()];
    match block_type {
        BlockType::Input => BTreeMap::from([("result".to_owned(), value())]),
        BlockType::Output => BTreeMap::from([("output".to_owned(), value())]),
        _ => {
            let filled = |(name, value): (&String, &Value)| (name.clone(), vec![filled(value, fields)]);
            node.output.iter().map(filled).collect()
        }
    }
}

/// What a node is about this time.
fn item(fields: &Map<String, Value>, node: &Node, time: usize) -> Option<Value> {
    let items = fields.get(node.items.as_ref()?)?.as_array()?;
    items.get(time % items.len().max(1)).cloned()
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
