//! A small world to look at, told to the application as an executor would tell it: a month of runs of a few agents, and
//! runs that go on while one looks. Its texts are files in `world`; the same seed makes the same world, relative to the
//! time at which it is made.

mod api;
mod credits;
mod definition;
mod derived;
mod history;
mod live;
mod plan;
mod random;
mod template;

use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use chrono::{TimeDelta, Utc};
use serde_json::json;
use tokio_postgres::Client;
use ureq::http::Method;

use self::api::{Api, text_at};
use self::definition::World;
use self::history::{Past, shown};
pub(crate) use self::live::Live;
use crate::interrupt;
use crate::run::step;
use crate::setup::database;

/// Whom the demo's requests come from.
pub(crate) const EXECUTOR: &str = "demo-executor";

/// Who owns most of what people look at.
pub(crate) const OWNER: &str = "demo-user";

/// What decides about that world.
pub(crate) const SEED: u64 = 12;

/// An import holds as many runs as this many bytes, about, and at most as many as one takes.
const IMPORT_BYTES: usize = 1_500_000;
const IMPORT_RUNS: usize = 200;

/// An application to tell of the world.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// Where it is.
    pub(crate) url: &'a str,
    /// Its database, migrated.
    pub(crate) database_url: &'a str,
    /// A token of the role service.
    pub(crate) token: String,
    /// Who owns most of the world.
    pub(crate) owner: &'a str,
    /// Another number makes another world.
    pub(crate) seed: u64,
}

/// What became of filling a database.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The world is there, with one result that anyone may read.
    Filled { runs: usize, shared_url: String },
    /// The world is there from before.
    There,
    /// A part of the world is there: filling was stopped.
    Unfinished,
    /// There are runs of somebody else's, and nothing was done.
    NotEmpty,
}

/// Fills a database that has no runs.
pub(crate) fn fill(target: &Target<'_>) -> Result<Outcome> {
    let begun = Instant::now();
    let world = World::load()?;
    let runtime = database::runtime()?;
    let client = runtime.block_on(database::connect(target.database_url))?;
    if let Some(outcome) = runtime.block_on(already(&client, &world))? {
        return Ok(outcome);
    }
    step("Filling the database with the demo world");
    let api = Api::new(target.url, target.token.clone());
    let now = Utc::now();
    register(&api, &world, target.owner)?;
    let past = history::make(&world, target.owner, target.seed, now)?;
    thread::scope(|scope| {
        // Credits name runs and do not need them.
        let credits = scope.spawn(|| credits::tell(&api, target.owner, &past, now));
        import(&api, &past)?;
        credits.join().map_err(|_| anyhow!("telling of credits has panicked"))?
    })?;
    runtime.block_on(derived::backdate_credits(&client))?;
    let shared_url = last_touches(&api, target, &past)?;
    runtime.block_on(derived::write(&client, &world, target.owner, &past, now))?;
    runtime.block_on(client.batch_execute("ANALYZE"))?;
    eprintln!("    {} runs in {:.1} s", past.len(), begun.elapsed().as_secs_f64());
    Ok(Outcome::Filled {
        runs: past.len(),
        shared_url,
    })
}

/// What there is already, if anything.
async fn already(client: &Client, world: &World) -> Result<Option<Outcome>> {
    let first = world.agents.first().context("the demo has no agents")?;
    // Scores come last.
    let row = client
        .query_one(
            r#"SELECT EXISTS (SELECT FROM "AgentGraphExecution"),
                EXISTS (SELECT FROM "AgentGraphExecution" WHERE "agentGraphId" = $1),
                EXISTS (SELECT FROM runledger.scores WHERE job_id = $2)"#,
            &[&first.graph_id(), &first.scoring_job_id()],
        )
        .await
        .context("look for runs")?;
    let (any, of_demo, scored): (bool, bool, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Ok(match (any, of_demo, scored) {
        (false, ..) => None,
        (true, false, _) => Some(Outcome::NotEmpty),
        (true, true, false) => Some(Outcome::Unfinished),
        (true, true, true) => Some(Outcome::There),
    })
}

/// Registers blocks, and graphs with all their versions.
fn register(api: &Api, world: &World, owner: &str) -> Result<()> {
    for (key, block) in world.blocks.iter().filter(|(_, block)| !block.is_known()) {
        let body = json!({
            "name": block.name,
            "type": block.kind,
            "description": block.description,
        });
        api.put(&format!("/api/blocks/{}", block.id(key)), None, &body)?;
    }
    for agent in &world.agents {
        for version in (1..).take(agent.versions.len()) {
            let mut nodes = vec![];
            let mut links = vec![];
            for (place, node) in agent.nodes_of(version).enumerate() {
                nodes.push(json!({
                    "id": agent.node_id(version, node),
                    "block_id": world.block(node)?.id(&node.block),
                    "constant_input": node.values,
                    "metadata": {
                        "customized_name": node.name(),
                        "position": {"x": place * 320, "y": (place % 3) * 180},
                    },
                }));
                for link in node.links() {
                    // A source may be of a later version.
                    if let Some(source) = agent.nodes_of(version).find(|source| source.key == link.source) {
                        links.push(json!({
                            "source_id": agent.node_id(version, source),
                            "sink_id": agent.node_id(version, node),
                            "source_name": link.output,
                            "sink_name": link.input,
                        }));
                    }
                }
            }
            let graph = json!({
                "name": agent.name,
                "description": agent.description,
                "is_active": version as usize == agent.versions.len(),
                "nodes": nodes,
                "links": links,
            });
            let path = format!("/api/graphs/{}/versions/{version}", agent.graph_id());
            api.put(&path, Some(owner), &graph)?;
        }
    }
    Ok(())
}

fn import(api: &Api, past: &[Past<'_>]) -> Result<()> {
    let send = |items: &[String]| {
        interrupt::check()?;
        api.send_text(
            &Method::POST,
            "/api/executions/batch",
            None,
            Some(format!("[{}]", items.join(","))),
        )
    };
    let mut items = vec![];
    let mut bytes = 0;
    for past in past {
        let item = past.item().to_string();
        if !items.is_empty() && (bytes + item.len() > IMPORT_BYTES || items.len() == IMPORT_RUNS) {
            send(&items)?;
            items.clear();
            bytes = 0;
        }
        bytes += item.len();
        items.push(item);
    }
    send(&items)?;
    Ok(())
}

/// Shares a run, deletes another, and has the jobs look at it all; the link of what is shared.
fn last_touches(api: &Api, target: &Target<'_>, past: &[Past<'_>]) -> Result<String> {
    let newest_of = |key: &str, place: usize| -> Result<&Past<'_>> {
        let mut own = past
            .iter()
            .rev()
            .filter(|past| past.run.agent.key == key && past.user == target.owner && past.run.status == "COMPLETED");
        own.nth(place).with_context(|| format!("no run of {key} completed"))
    };
    let shared = newest_of("weekly-market-brief", 0)?;
    let path = format!(
        "/api/graphs/{}/executions/{}/share",
        shared.run.agent.graph_id(),
        shared.id
    );
    let body = json!({"expires_at": shown(Utc::now() + TimeDelta::days(14))});
    let link = text_at(&api.post(&path, Some(shared.user), &body)?, "/share_url")?;
    let shared_url = if link.starts_with('/') {
        format!("{}{link}", target.url)
    } else {
        link
    };

    let deleted = newest_of("invoice-reader", 2)?;
    let path = format!("/api/executions/{}", deleted.id);
    api.send(&Method::DELETE, &path, Some(deleted.user), None)?;

    for job in [
        "accuracy-scan",
        "block-errors",
        "refresh-views",
        // For these there is nothing to do yet, but that they never ran would look like a fault.
        "late-executions",
        "analytics-tick",
        "prune",
    ] {
        api.send(&Method::POST, &format!("/api/internal/jobs/{job}/run"), None, None)?;
    }
    Ok(shared_url)
}
