//! What happened before the visitor came: a month of runs, and the few that hang.

use anyhow::Result;
use chrono::{DateTime, Datelike as _, SecondsFormat, TimeDelta, Timelike as _, Utc};
use runledger_models::graph::BlockType;
use serde_json::{Map, Value, json};

use super::definition::{Agent, World};
use super::plan::{Ending, Planner, Run};
use super::random::Random;

/// Days of history.
const DAYS: u32 = 30;

/// Of a working day's runs, how many there are on a day of a weekend.
const WEEKEND: f64 = 0.35;

/// How many finished runs are scored.
const SCORED: f64 = 0.8;

/// The judge has not come to what ended later than this.
pub(super) const JUDGED_UNTIL: TimeDelta = TimeDelta::hours(3);

/// How far scores fell, on this and the days before.
const FALL: [f64; 5] = [0.42, 0.4, 0.33, 0.16, 0.07];

/// For how many days only the agent that falls may look as if it did.
const QUIET_DAYS: u32 = 8;

/// Others than the world's owner who run its agents, and how many of the runs are theirs.
const OTHERS: [&str; 3] = ["mara-lindqvist", "tom-okafor", "priya-raman"];
const OF_OTHERS: f64 = 0.12;

/// A run of the past.
#[derive(Debug)]
pub(super) struct Past<'a> {
    pub(super) id: String,
    pub(super) user: &'a str,
    pub(super) run: Run<'a>,
    pub(super) created: DateTime<Utc>,
    pub(super) started: DateTime<Utc>,
    pub(super) inputs: Map<String, Value>,
    pub(super) parent: Option<String>,
    pub(super) score: Option<Score<'a>>,
}

/// What the judge said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Score<'a> {
    pub(super) score: f64,
    pub(super) summary: &'a str,
}

/// Makes up the past of `owner`'s agents, oldest first; of two runs of which one started the other, that one first.
pub(super) fn make<'a>(world: &'a World, owner: &'a str, seed: u64, now: DateTime<Utc>) -> Result<Vec<Past<'a>>> {
    let mut maker = Maker {
        planner: Planner {
            world,
            random: Random::new(seed),
            review: None,
        },
        owner,
        now,
        past: vec![],
    };
    for days_ago in (0..DAYS).rev() {
        for agent in &world.agents {
            maker.day(agent, days_ago)?;
        }
    }
    maker.unfinished(world)?;
    maker.large(world.agent("catalogue-clean-up")?)?;
    let mut past = maker.past;
    past.sort_by_key(|past| past.created);
    Ok(past)
}

struct Maker<'a> {
    planner: Planner<'a>,
    owner: &'a str,
    now: DateTime<Utc>,
    past: Vec<Past<'a>>,
}

impl<'a> Maker<'a> {
    fn day(&mut self, agent: &'a Agent, days_ago: u32) -> Result<()> {
        let midnight = self.now - TimeDelta::seconds(self.now.num_seconds_from_midnight().into());
        let day = midnight - TimeDelta::days(days_ago.into());
        let share = if day.weekday().number_from_monday() > 5 {
            WEEKEND
        } else {
            1.0
        };
        let random = &mut self.planner.random;
        let expected = agent.per_day * share * random.between((0.75, 1.25));
        let runs = expected.floor() as u32 + u32::from(random.chance(expected.fract()));
        for _ in 0..runs {
            // Around noon, as people work.
            let random = &mut self.planner.random;
            let hour = f64::midpoint(random.between((4.0, 20.0)), random.between((4.0, 20.0)));
            let created = day + seconds(hour * 3600.0);
            let run = self.planner.run(agent, agent.version_at(days_ago))?;
            // Today is not over.
            if created + seconds(run.seconds + 90.0) < self.now {
                let user = self.user(agent);
                self.add(run, user, created, None, days_ago);
            }
        }
        Ok(())
    }

    fn user(&mut self, agent: &Agent) -> &'a str {
        // A fall is told of one user's runs.
        let theirs = !agent.falls && self.planner.random.chance(OF_OTHERS);
        let other = self.planner.random.pick(&OTHERS);
        other.filter(|_| theirs).copied().unwrap_or(self.owner)
    }

    fn add(&mut self, mut run: Run<'a>, user: &'a str, created: DateTime<Utc>, parent: Option<&str>, days_ago: u32) {
        let started = created + seconds(self.planner.random.skewed((0.2, 4.0)));
        let id = self.planner.random.id(created.timestamp_millis());
        let mut children = vec![];
        for node in &mut run.nodes {
            if let (Some(child), Some(at)) = (node.child.take(), node.started) {
                children.push((*child, started + seconds(at + 0.15)));
            }
        }
        let ended = started + seconds(run.seconds);
        let score = self.score(&run, days_ago).filter(|_| ended < self.now - JUDGED_UNTIL);
        self.past.push(Past {
            id: id.clone(),
            user,
            inputs: run.inputs(),
            run,
            created,
            started,
            parent: parent.map(ToOwned::to_owned),
            score,
        });
        for (child, created) in children {
            self.add(child, user, created, Some(&id), days_ago);
        }
    }

    fn score(&mut self, run: &Run<'a>, days_ago: u32) -> Option<Score<'a>> {
        let mean = run.agent.score?;
        let random = &mut self.planner.random;
        let (noise, scored) = (random.between((-0.09, 0.09)), random.chance(SCORED));
        let fall = FALL.get(days_ago as usize).filter(|_| run.agent.falls);
        let score = match run.status {
            "COMPLETED" => mean + noise - fall.copied().unwrap_or_default(),
            // On a day with few runs one of them would look like a fall.
            "FAILED" if days_ago > QUIET_DAYS => 0.1 + noise,
            _ => return None,
        };
        let score = (score.clamp(0.0, 1.0) * 100.0).round() / 100.0;
        let summary = if score < 0.65 { &run.case.poor } else { &run.case.good };
        scored.then_some(Score { score, summary })
    }

    /// Runs that have not ended: one waits for a person, one nobody took, one hangs.
    fn unfinished(&mut self, world: &'a World) -> Result<()> {
        let mut begun = |key: &str, ago: TimeDelta, paused: &dyn Fn(&mut Run<'a>)| -> Result<()> {
            let agent = world.agent(key)?;
            let run = self.planner.run_that(agent, agent.version_at(0), Ending::Completes)?;
            let place = self.past.len();
            self.add(run, self.owner, self.now - ago, None, 1);
            // The runs that it would start are not there yet.
            self.past.truncate(place + 1);
            if let Some(past) = self.past.last_mut() {
                past.score = None;
                paused(&mut past.run);
            }
            Ok(())
        };
        begun("contract-risk-review", TimeDelta::minutes(48), &|run| {
            let asked = run
                .nodes
                .iter()
                .find(|node| node.block_type == BlockType::HumanInTheLoop);
            let Some(at) = asked.and_then(|node| node.started) else {
                return;
            };
            run.pause(at + 0.1);
            run.status = "REVIEW";
            for node in &mut run.nodes {
                if node.block_type == BlockType::HumanInTheLoop {
                    node.status = "REVIEW";
                }
            }
        })?;
        begun("release-notes-writer", TimeDelta::minutes(131), &|run| {
            run.nodes.clear();
            run.status = "QUEUED";
        })?;
        begun("lead-enrichment", TimeDelta::hours(27), &|run| {
            run.pause(run.seconds * 0.4);
        })
    }

    /// A run with thousands of nodes.
    fn large(&mut self, agent: &'a Agent) -> Result<()> {
        let run = self.planner.run_that(agent, 1, Ending::Completes)?;
        let created = self.now - seconds(run.seconds) - TimeDelta::hours(20);
        self.add(run, self.owner, created, None, 1);
        Ok(())
    }
}

impl Past<'_> {
    /// As the ledger takes it.
    pub(super) fn item(&self) -> Value {
        let at = |seconds_in: f64| shown(self.at(seconds_in));
        let run = &self.run;
        let mut stats = run.stats();
        if let Some(score) = self.score {
            stats.insert("correctness_score".to_owned(), score.score.into());
            stats.insert("activity_status".to_owned(), score.summary.into());
        }
        let has_ended = ["COMPLETED", "FAILED", "TERMINATED"].contains(&run.status);
        let nodes = run.nodes.iter().map(|node| {
            let mut output = json!(node.output);
            if let Some(error) = &node.error {
                output["error"] = json!([error]);
            }
            json!({
                "node_id": run.agent.node_id(run.version, node.node),
                "status": node.status,
                "input_data": node.input,
                "output_data": output,
                "add_time": at(node.queued),
                "queue_time": at(node.queued),
                "start_time": node.started.map(at),
                "end_time": node.ended.map(at),
            })
        });
        json!({
            "id": self.id,
            "user_id": self.user,
            "graph_id": run.agent.graph_id(),
            "graph_version": run.version,
            "status": run.status,
            "created_at": shown(self.created),
            "started_at": (run.status != "QUEUED").then(|| shown(self.started)),
            "ended_at": has_ended.then(|| at(run.seconds)),
            "inputs": self.inputs,
            "stats": has_ended.then_some(stats),
            "parent_graph_exec_id": self.parent,
            "node_executions": nodes.collect::<Vec<_>>(),
        })
    }

    /// The time so many seconds after it started.
    pub(super) fn at(&self, seconds_in: f64) -> DateTime<Utc> {
        self.started + seconds(seconds_in)
    }
}

/// A time as the API takes it.
pub(super) fn shown(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn seconds(seconds: f64) -> TimeDelta {
    TimeDelta::milliseconds((seconds * 1000.0) as i64)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    static WORLD: LazyLock<World> = LazyLock::new(|| World::load().unwrap());
    static MONTH: LazyLock<Vec<Past<'static>>> = LazyLock::new(|| month(1));

    fn month(seed: u64) -> Vec<Past<'static>> {
        make(&WORLD, "me", seed, "2026-03-12T15:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn the_same_seed_makes_the_same_month() {
        let items = |past: &[Past<'_>]| past.iter().take(50).map(Past::item).collect::<Vec<_>>();
        assert_eq!(items(&MONTH), items(&month(1)));
        assert_ne!(items(&MONTH), items(&month(2)));
    }

    #[test]
    fn a_month_has_everything_that_there_is_to_see() {
        let past = &MONTH;
        assert!((400..=800).contains(&past.len()), "{} runs", past.len());
        for status in ["COMPLETED", "FAILED", "TERMINATED", "REVIEW", "QUEUED", "RUNNING"] {
            assert!(past.iter().any(|past| past.run.status == status), "no run is {status}");
        }
        assert!(past.iter().any(|past| past.parent.is_some()), "no run has a parent");
        assert!(past.iter().any(|past| past.run.nodes.len() > 4_500), "no run is large");
        assert!(past.iter().any(|past| past.user != "me"), "nobody else has runs");
        assert!(past.is_sorted_by_key(|past| past.created));
    }

    #[test]
    fn every_place_in_a_text_is_filled() {
        for past in MONTH.iter() {
            let text = past.item().to_string();
            let at = text.find("{{").unwrap_or(text.len());
            assert_eq!(at, text.len(), "{}: {:.80}", past.run.agent.key, &text[at..]);
        }
    }

    #[test]
    fn nodes_run_within_their_run_and_after_what_they_wait_for() {
        for past in MONTH.iter() {
            for node in &past.run.nodes {
                let started = node.started.unwrap_or(node.queued);
                assert!(node.queued <= started, "{}", past.run.agent.key);
                assert!(
                    node.ended
                        .is_none_or(|ended| started <= ended && ended <= past.run.seconds + 0.001),
                    "{}",
                    past.run.agent.key
                );
            }
        }
    }
}
