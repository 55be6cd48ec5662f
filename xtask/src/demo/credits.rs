//! Where the owner's credits come from and where they went.

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::api::{Api, text_at};
use super::history::{Past, shown};
use crate::interrupt;

/// A balance below this is topped up.
const LOW: i64 = 1_000;

/// What a person pays for at once, in cents.
const TOP_UP: i64 = 2_500;

/// What every new user is given.
const WELCOME: i64 = 500;

/// Tells of grants, payments and spends, in the order of time. Each says as `at` when it was.
pub(super) fn tell(api: &Api, owner: &str, past: &[Past<'_>], now: DateTime<Utc>) -> Result<()> {
    let first = past.first().map_or(now, |past| past.created);
    let give = |way: &str, amount: i64, at: DateTime<Utc>, what: Value| -> Result<i64> {
        let mut metadata = what;
        metadata["at"] = shown(at).into();
        let body = json!({"user_id": owner, "amount": amount, "metadata": metadata});
        balance(&api.post(&format!("/api/credits/{way}"), None, &body)?)
    };
    give(
        "grants",
        WELCOME,
        first - TimeDelta::hours(2),
        json!({"reason": "welcome"}),
    )?;
    let mut left = give(
        "top-ups",
        TOP_UP,
        first - TimeDelta::hours(1),
        json!({"payment": "card ending in 4242"}),
    )?;

    let mut spent: Vec<_> = past
        .iter()
        .filter(|past| past.user == owner && past.run.cents() > 0)
        .collect();
    spent.sort_by_key(|past| past.at(past.run.seconds));
    let mut before = first;
    for past in spent {
        interrupt::check()?;
        // No two at the same time, since a balance follows from the one before.
        let at = past.at(past.run.seconds).max(before + TimeDelta::milliseconds(2));
        before = at;
        let cost = i64::from(past.run.cents());
        if left < LOW.max(cost) {
            let paid = at - TimeDelta::milliseconds(1);
            give("top-ups", TOP_UP, paid, json!({"payment": "card ending in 4242"}))?;
        }
        let metadata = json!({
            "graph_exec_id": past.id,
            "graph_id": past.run.agent.graph_id(),
            "reason": past.run.agent.name,
            "at": shown(at),
        });
        let body = json!({"user_id": owner, "cost": cost, "metadata": metadata});
        left = balance(&api.post("/api/credits/spend", None, &body)?)?;
        debug_assert!(left >= 0);
    }
    if left < LOW {
        give("top-ups", TOP_UP, now, json!({"payment": "card ending in 4242"}))?;
    }

    let hold = |amount: i64| -> Result<String> {
        let body = json!({"user_id": owner, "amount": amount, "expires_at": shown(now + TimeDelta::hours(20))});
        text_at(&api.post("/api/credits/holds", None, &body)?, "/hold_id")
    };
    let captured = hold(150)?;
    api.post(
        &format!("/api/credits/holds/{captured}/capture"),
        None,
        &json!({"amount": 118}),
    )?;
    hold(300)?;
    Ok(())
}

fn balance(answer: &Value) -> Result<i64> {
    answer["balance"].as_i64().context("an answer has no balance")
}
