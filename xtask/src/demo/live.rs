//! Runs that go on while one looks: an executor that does nothing but report.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use runledger_models::graph::BlockType;
use serde_json::{Value, json};

use super::Target;
use super::api::{Api, text_at};
use super::definition::World;
use super::plan::{Ending, Planner, Run};
use super::random::Random;

/// How often it is looked what is due.
const LOOK: Duration = Duration::from_millis(50);

/// Seconds from one new run to the next: at first, while somebody surely looks, and later.
const FIRST_PACE: (f64, f64) = (4.0, 8.0);
const LATER_PACE: (f64, f64) = (12.0, 25.0);
const FIRST: Duration = Duration::from_mins(5);

/// No run begins after this, so that a forgotten demo comes to rest.
const LAST: Duration = Duration::from_mins(30);

/// How long a run takes, in seconds: slow ones are shown faster.
const SHOWN: (f64, f64) = (14.0, 75.0);

/// How long a run waits for its start.
const CREATED_BEFORE: Duration = Duration::from_millis(900);

/// How long people take to review, in seconds.
const REVIEW: (f64, f64) = (20.0, 45.0);

/// How many of the runs nobody ever takes from the queue, and how many fail more than their agents do by themselves.
const STUCK: f64 = 0.03;
const FAILING: f64 = 0.08;

/// So many requests in a row that fail are the application's end.
const MAX_FAILURES: u32 = 20;

/// The executor, at work.
#[derive(Debug)]
pub(crate) struct Live {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Live {
    /// Begins to run the agents of a world that is there.
    pub(crate) fn start(target: &Target<'_>) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let asked = Arc::clone(&stop);
        let api = Api::new(target.url, target.token.clone());
        let owner = target.owner.to_owned();
        let thread = thread::spawn(move || {
            if let Err(error) = work(&api, &owner, &asked) {
                eprintln!("The demo's executor has stopped: {error:#}");
            }
        });
        Self { thread, stop }
    }

    /// Ends it, and with it the runs that are going on.
    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        // Nobody needs what it was about to do.
        let _ = self.thread.join();
    }
}

/// What is reported of a run, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Report {
    Created,
    Queued,
    Started,
    NodeQueued(usize),
    NodeStarted(usize),
    NodeEnded(usize),
    Ended,
}

/// A run that is going on.
struct Playing<'a> {
    run: Run<'a>,
    parent: Option<u64>,
    /// Its identifier, once it is created, and those of its node executions.
    id: String,
    nodes: BTreeMap<usize, String>,
}

struct Executor<'a> {
    api: &'a Api,
    owner: &'a str,
    playing: BTreeMap<u64, Playing<'a>>,
    due: BinaryHeap<Reverse<(Instant, u64, Report)>>,
    last: u64,
}

fn work(api: &Api, owner: &str, stop: &AtomicBool) -> Result<()> {
    let world = World::load()?;
    // Each as often as it runs on a day.
    let agents: Vec<_> = world
        .agents
        .iter()
        .flat_map(|agent| vec![agent; agent.per_day.ceil() as usize])
        .collect();
    // Each demo goes on in its own way.
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis() as u64;
    let mut planner = Planner {
        world: &world,
        random: Random::new(seed),
        review: Some(REVIEW),
    };
    let mut executor = Executor {
        api,
        owner,
        playing: BTreeMap::new(),
        due: BinaryHeap::new(),
        last: 0,
    };
    let begun = Instant::now();
    let mut next = begun;
    let mut failures = 0;
    while !stop.load(Ordering::SeqCst) && (begun.elapsed() < LAST || !executor.due.is_empty()) {
        if next <= Instant::now() && begun.elapsed() < LAST {
            let pace = if begun.elapsed() < FIRST {
                FIRST_PACE
            } else {
                LATER_PACE
            };
            next += Duration::from_secs_f64(planner.random.between(pace));
            if let Some(agent) = planner.random.pick(&agents) {
                let failure = planner.random.pick(&agent.errors);
                let ending = match failure {
                    Some(failure) if planner.random.chance(agent.failing + FAILING) => Ending::Fails(failure),
                    _ => Ending::Completes,
                };
                let run = planner.run_that(agent, agent.version_at(0), ending)?;
                executor.schedule(run, planner.random.chance(STUCK));
            }
        }
        while let Some((number, report)) = executor.take_due() {
            match executor.report(number, report) {
                Ok(()) => failures = 0,
                // Somebody may have stopped or deleted it: it is not ours any more.
                Err(error) => {
                    executor.playing.remove(&number);
                    failures += 1;
                    if failures == MAX_FAILURES {
                        return Err(error);
                    }
                }
            }
            if stop.load(Ordering::SeqCst) {
                break;
            }
        }
        thread::sleep(LOOK);
    }
    for playing in executor.playing.values().filter(|playing| !playing.id.is_empty()) {
        // It may have ended, or be gone.
        let _ = api.post(&format!("/api/executions/{}/stop", playing.id), Some(owner), &json!({}));
    }
    Ok(())
}

impl<'a> Executor<'a> {
    fn schedule(&mut self, mut run: Run<'a>, stuck: bool) {
        let now = Instant::now();
        if stuck {
            self.last += 1;
            let reports = [(now, Report::Created), (now + LOOK, Report::Queued)];
            self.due
                .extend(reports.map(|(at, report)| Reverse((at, self.last, report))));
            self.insert(run, None);
            return;
        }
        run.scale(run.seconds.clamp(SHOWN.0, SHOWN.1) / run.seconds.max(0.001));
        self.schedule_from(run, None, now);
    }

    fn schedule_from(&mut self, mut run: Run<'a>, parent: Option<u64>, begin: Instant) {
        self.last += 1;
        let number = self.last;
        let started = begin + CREATED_BEFORE;
        let at = |seconds: f64| started + Duration::from_secs_f64(seconds);
        let mut reports = vec![(begin, Report::Created), (started, Report::Started)];
        let mut children = vec![];
        for (place, node) in run.nodes.iter_mut().enumerate() {
            reports.push((at(node.queued), Report::NodeQueued(place)));
            if let Some(started) = node.started {
                reports.push((at(started), Report::NodeStarted(place)));
                children.extend(node.child.take().map(|child| (child, at(started))));
            }
            reports.extend(node.ended.map(|ended| (at(ended), Report::NodeEnded(place))));
        }
        reports.push((at(run.seconds) + LOOK, Report::Ended));
        self.due
            .extend(reports.into_iter().map(|(at, report)| Reverse((at, number, report))));
        self.insert(run, parent);
        for (mut child, begin) in children {
            // It has to be created, too, before its parent goes on.
            child.scale(0.9);
            self.schedule_from(*child, Some(number), begin + LOOK);
        }
    }

    fn insert(&mut self, run: Run<'a>, parent: Option<u64>) {
        let playing = Playing {
            run,
            parent,
            id: String::new(),
            nodes: BTreeMap::new(),
        };
        self.playing.insert(self.last, playing);
    }

    fn take_due(&mut self) -> Option<(u64, Report)> {
        let Reverse((at, _, _)) = self.due.peek()?;
        if *at > Instant::now() {
            return None;
        }
        self.due.pop().map(|Reverse((_, number, report))| (number, report))
    }

    fn report(&mut self, number: u64, report: Report) -> Result<()> {
        let parent = self.playing.get(&number).and_then(|playing| playing.parent);
        let parent = parent
            .and_then(|parent| self.playing.get(&parent))
            .map(|parent| parent.id.clone());
        let Some(playing) = self.playing.get_mut(&number) else {
            return Ok(());
        };
        let path = format!("/api/executions/{}", playing.id);
        match report {
            Report::Created => playing.create(self.api, self.owner, parent.as_ref()),
            Report::Queued => {
                self.api.patch(&path, &json!({"status": "QUEUED"}))?;
                self.playing.remove(&number);
                Ok(())
            }
            Report::Started => {
                self.api.post(&format!("{path}/start"), None, &json!({}))?;
                Ok(())
            }
            Report::NodeQueued(place) => playing.queue_node(self.api, place),
            Report::NodeStarted(place) => playing.start_node(self.api, place),
            Report::NodeEnded(place) => playing.end_node(self.api, place),
            Report::Ended => {
                let change = json!({"status": playing.run.status, "stats": playing.run.stats()});
                self.api.patch(&path, &change)?;
                self.spend(number)?;
                self.playing.remove(&number);
                Ok(())
            }
        }
    }

    fn spend(&self, number: u64) -> Result<()> {
        let Some(playing) = self.playing.get(&number).filter(|playing| playing.run.cents() > 0) else {
            return Ok(());
        };
        let metadata = json!({
            "graph_exec_id": playing.id,
            "graph_id": playing.run.agent.graph_id(),
            "reason": playing.run.agent.name,
        });
        let body = json!({"user_id": self.owner, "cost": playing.run.cents(), "metadata": metadata});
        if self.api.post("/api/credits/spend", None, &body).is_err() {
            // The balance is used up: somebody pays.
            let body = json!({"user_id": self.owner, "amount": 2500, "metadata": {"payment": "card ending in 4242"}});
            self.api.post("/api/credits/top-ups", None, &body)?;
        }
        Ok(())
    }
}

impl Playing<'_> {
    fn create(&mut self, api: &Api, owner: &str, parent: Option<&String>) -> Result<()> {
        let Run { agent, version, .. } = self.run;
        let starting: Vec<_> = self
            .run
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.node.links().next().is_none())
            .collect();
        let inputs = starting
            .iter()
            .map(|(_, node)| json!({"node_id": agent.node_id(version, node.node), "input": node.input}));
        let body = json!({
            "graph_version": version,
            "inputs": self.run.inputs(),
            "starting_nodes_input": inputs.collect::<Vec<_>>(),
            "parent_graph_exec_id": parent,
        });
        let created = api.post(
            &format!("/api/graphs/{}/executions", agent.graph_id()),
            Some(owner),
            &body,
        )?;
        self.id = text_at(&created, "/id")?;
        let executions = created["node_executions"]
            .as_array()
            .context("a new run has no nodes")?;
        for (place, node) in starting {
            let node_id = Value::from(agent.node_id(version, node.node));
            let execution = executions.iter().find(|execution| execution["node_id"] == node_id);
            let execution = execution.context("a new run lacks a node that it starts at")?;
            self.nodes.insert(place, text_at(execution, "/node_exec_id")?);
        }
        Ok(())
    }

    fn queue_node(&mut self, api: &Api, place: usize) -> Result<()> {
        if self.nodes.contains_key(&place) {
            return Ok(());
        }
        let node = &self.run.nodes[place];
        let node_id = self.run.agent.node_id(self.run.version, node.node);
        let (name, data) = node.input.iter().next().context("a node has no input")?;
        let path = format!("/api/executions/{}/nodes/{node_id}/inputs", self.id);
        let given = api.post(&path, None, &json!({"name": name, "data": data}))?;
        let id = text_at(&given, "/node_execution/node_exec_id")?;
        api.patch(
            &format!("/api/node-executions/{id}"),
            &json!({"status": "QUEUED", "execution_data": node.input}),
        )?;
        self.nodes.insert(place, id);
        Ok(())
    }

    fn start_node(&self, api: &Api, place: usize) -> Result<()> {
        self.move_node(api, place, "RUNNING")?;
        if self.run.nodes[place].block_type == BlockType::HumanInTheLoop {
            self.move_node(api, place, "REVIEW")?;
            api.patch(&format!("/api/executions/{}", self.id), &json!({"status": "REVIEW"}))?;
        }
        Ok(())
    }

    fn end_node(&self, api: &Api, place: usize) -> Result<()> {
        let node = &self.run.nodes[place];
        if node.block_type == BlockType::HumanInTheLoop {
            api.patch(&format!("/api/executions/{}", self.id), &json!({"status": "RUNNING"}))?;
            self.move_node(api, place, "RUNNING")?;
        }
        let path = format!("/api/node-executions/{}", self.node_id(place)?);
        let error = node.error.as_ref().map(|error| ("error", Value::from(error.as_str())));
        let outputs = node
            .output
            .iter()
            .flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value.clone())));
        for (name, data) in outputs.chain(error) {
            api.post(&format!("{path}/outputs"), None, &json!({"name": name, "data": data}))?;
        }
        api.patch(&path, &json!({"status": node.status, "stats": node.stats()}))?;
        Ok(())
    }

    fn move_node(&self, api: &Api, place: usize, status: &str) -> Result<()> {
        let path = format!("/api/node-executions/{}", self.node_id(place)?);
        api.patch(&path, &json!({"status": status}))?;
        Ok(())
    }

    fn node_id(&self, place: usize) -> Result<&String> {
        self.nodes.get(&place).context("a node was not queued")
    }
}
