//! What is measured: the requests of each scenario.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::{
    client::{Caller, Client, request},
    world::World,
};

/// A kind of work, done again and again.
pub(crate) enum Scenario {
    /// The owner reads one of some executions.
    Reads(Vec<Vec<u8>>),
    /// Anyone follows one of some share links.
    Shares(Vec<Vec<u8>>),
    /// The executor spends credits of one of some accounts.
    Spends(Vec<Vec<u8>>),
    /// The executor brings a new execution through its whole life.
    Lives(Life),
    /// The executor moves a running node execution to its review and back.
    Nodes(Reviews),
}

/// The requests of a life.
pub(crate) struct Life {
    executor: Caller,
    create: Vec<u8>,
    changes: [String; 3],
}

/// The moves of node executions.
pub(crate) struct Reviews {
    executor: Caller,
    /// The running node executions that nobody is moving.
    free: Mutex<Vec<String>>,
    moves: [String; 3],
}

impl Reviews {
    fn free(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scenario {
    pub(crate) fn reads(world: &World) -> Self {
        let read = |id: &String| request(&world.owner, "GET", &format!("/api/executions/{id}"), None);
        Self::Reads(world.executions.iter().map(read).collect())
    }

    pub(crate) fn shares(world: &World) -> Self {
        // A token that nobody looks at, as a browser that is signed in sends it.
        let follow = |link: &String| request(&world.owner, "GET", link, None);
        Self::Shares(world.links.iter().map(follow).collect())
    }

    pub(crate) fn lives(world: &World) -> Self {
        let changes = [
            json!({ "status": "QUEUED" }),
            json!({ "status": "RUNNING" }),
            json!({
                "status": "COMPLETED",
                "stats": {
                    "cost": 12, "walltime": 3.25, "cputime": 0.75, "nodes_walltime": 3.125, "nodes_cputime": 0.625,
                    "node_count": 4, "node_error_count": 0,
                },
            }),
        ];
        Self::Lives(Life {
            executor: world.executor.clone(),
            create: world.creation(),
            changes: changes.map(|change| change.to_string()),
        })
    }

    pub(crate) fn nodes(world: &World) -> Self {
        let moves = [
            json!({ "status": "REVIEW" }),
            json!({ "status": "QUEUED", "execution_data": { "city": "Ghent", "weather": { "degrees": 17 } } }),
            json!({
                "status": "RUNNING",
                "stats": { "walltime": 3.25, "cputime": 0.75, "input_size": 120, "output_size": 480, "llm_call_count": 1 },
            }),
        ];
        Self::Nodes(Reviews {
            executor: world.executor.clone(),
            free: Mutex::new(world.nodes.clone()),
            moves: moves.map(|change| change.to_string()),
        })
    }

    /// The name in reports.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Reads(_) => "reads",
            Self::Shares(_) => "shares",
            Self::Spends(_) => "spends",
            Self::Lives(_) => "lives",
            Self::Nodes(_) => "nodes",
        }
    }

    /// How many requests doing it once takes.
    pub(crate) fn requests(&self) -> u64 {
        match self {
            Self::Reads(_) | Self::Shares(_) | Self::Spends(_) => 1,
            Self::Lives(life) => 1 + life.changes.len() as u64,
            Self::Nodes(reviews) => reviews.moves.len() as u64,
        }
    }

    /// Does it once, and fails unless every request was answered as it should be.
    pub(crate) async fn once(&self, client: &mut Client, random: &mut Random) -> Result<()> {
        match self {
            Self::Reads(requests) | Self::Shares(requests) | Self::Spends(requests) => {
                let reply = client.expect(&requests[random.below(requests.len())], 200).await?;
                ensure!(!reply.body.is_empty(), "an answer is empty");
            }
            Self::Lives(Life {
                executor,
                create,
                changes,
            }) => {
                let created = client.expect(create, 201).await?;
                let path = created.location.context("a new execution has no Location")?;
                for change in changes {
                    client
                        .expect(&request(executor, "PATCH", &path, Some(change)), 200)
                        .await?;
                }
            }
            Self::Nodes(reviews) => {
                let node = reviews.free().pop().context("every node execution is taken")?;
                let path = format!("/api/node-executions/{node}");
                for change in &reviews.moves {
                    client
                        .expect(&request(&reviews.executor, "PATCH", &path, Some(change)), 200)
                        .await?;
                }
                reviews.free().push(node);
            }
        }
        Ok(())
    }
}

/// Numbers that are random enough to choose what to read (xorshift).
pub(crate) struct Random(u64);

impl Random {
    /// The same seed gives the same numbers, so that both sides are asked the same.
    pub(crate) fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// A number below `end`, which must not be 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_reach_everything_below_the_end() {
        let mut random = Random::new(0);
        let mut seen = [false; 10];
        for _ in 0..1000 {
            seen[random.below(10)] = true;
        }
        assert_eq!(seen, [true; 10]);
    }
}
