//! What the API does not take of the past: who gave which score, statistics of nodes, older alerts, and when credits moved.

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::definition::{Agent, World};
use super::history::{JUDGED_UNTIL, Past, shown};
use super::random::{Random, stable_id};

const NODE_STATS: &str = include_str!("node_stats.sql");
const SCORES: &str = include_str!("scores.sql");
const ALERT: &str = include_str!("alert.sql");
const CREDIT_TIMES: &str = include_str!("credit_times.sql");

/// What a score's call of its model costs, in millionths of a dollar for each token that goes in and comes out.
const PRICES: (f64, f64) = (0.15, 0.6);

/// Writes what belongs to the past.
pub(super) async fn write(
    client: &Client,
    world: &World,
    owner: &str,
    past: &[Past<'_>],
    now: DateTime<Utc>,
) -> Result<()> {
    let stats = past.iter().flat_map(|past| {
        let told = past
            .run
            .nodes
            .iter()
            .filter(|node| node.tokens.0 > 0 || node.error.is_some());
        told.filter_map(|node| {
            Some(json!({
                "execution": past.id,
                "node": past.run.agent.node_id(past.run.version, node.node),
                "started": shown(past.at(node.started?)),
                "stats": node.stats(),
            }))
        })
    });
    let stats = stats.collect::<Value>().to_string();
    client
        .execute(NODE_STATS, &[&stats])
        .await
        .context("write the statistics of nodes")?;

    // One that is over: the scan only opens those of today.
    let recovered = json!({
        "id": stable_id("alert"),
        "graph_id": world.agent("contract-risk-review")?.graph_id(),
        "user_id": owner,
        "drop_percent": 14.6,
        "three_day_avg": 71.2,
        "seven_day_avg": 83.4,
        "detected_at": shown(now - TimeDelta::days(19)),
        "recovered_at": shown(now - TimeDelta::days(16)),
    });
    client
        .execute(ALERT, &[&recovered.to_string()])
        .await
        .context("write an alert")?;

    for agent in world.agents.iter().filter(|agent| agent.score.is_some()) {
        let of_agent: Vec<_> = past.iter().filter(|past| past.run.agent.key == agent.key).collect();
        let job = scoring_job(agent, &of_agent, now);
        client
            .execute(SCORES, &[&job.to_string()])
            .await
            .context("write scores")?;
    }
    Ok(())
}

/// Puts credits to the times that they tell as `at`.
pub(super) async fn backdate_credits(client: &Client) -> Result<()> {
    client
        .execute(CREDIT_TIMES, &[])
        .await
        .context("write when credits moved")?;
    Ok(())
}

/// The job that scored an agent's runs, and its scores.
fn scoring_job(agent: &Agent, past: &[&Past<'_>], now: DateTime<Utc>) -> Value {
    let mut random = Random::new(past.len() as u64);
    let begun = now - JUDGED_UNTIL + TimeDelta::minutes(random.whole((1, 100)).into());
    let mut at = begun;
    let judged = past.iter().filter_map(|past| Some((past, past.score?)));
    let scores: Vec<_> = judged
        .map(|(past, score)| {
            let latency = random.whole((620, 3_900));
            at += TimeDelta::milliseconds((latency / 8).into());
            json!({
                "graph_exec_id": past.id,
                "score": score.score,
                "summary": score.summary,
                "prompt_tokens": random.whole((900, 3_800)),
                "completion_tokens": random.whole((38, 96)),
                "latency_ms": latency,
                "tries": if random.chance(0.05) { 2 } else { 1 },
                "created_at": shown(at),
            })
        })
        .collect();
    let sum = |name: &str| scores.iter().filter_map(|score| score[name].as_u64()).sum::<u64>();
    let (read, written) = (sum("prompt_tokens"), sum("completion_tokens"));
    json!({
        "id": agent.scoring_job_id(),
        "graph_id": agent.graph_id(),
        "model": "gpt-4o-mini",
        "provider": "openai",
        "created_at": shown(begun),
        "finished_at": shown(at),
        "prompt_tokens": read,
        "completion_tokens": written,
        "cost_usd": (read as f64 * PRICES.0 + written as f64 * PRICES.1) / 1e6,
        "scores": scores,
    })
}
