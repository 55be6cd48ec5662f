//! What the triggers that keep the rollups cost writers: whole lives with and without them, in turns.

use std::sync::Arc;

use anyhow::Result;
use serde::Serialize;

use crate::{
    database::Database,
    load::{self, Load},
    options::Options,
    scenario::Scenario,
    server::{Server, Settings, Side},
    world::World,
};

const TRIGGERS: [&str; 4] = [
    "runledger_roll_up_insert",
    "runledger_roll_up_update",
    "runledger_roll_up_delete",
    "runledger_note_counts_changed",
];

/// Lives per second, of one user who runs one graph.
#[derive(Debug, Serialize)]
pub(super) struct Writers {
    /// With the triggers, for each round.
    pub(super) with: Vec<f64>,
    /// Without them.
    pub(super) without: Vec<f64>,
}

impl Writers {
    /// The part of the throughput that the triggers leave: the middle one of the rounds.
    pub(super) fn left(&self) -> f64 {
        let mut parts: Vec<f64> = self
            .with
            .iter()
            .zip(&self.without)
            .map(|(with, without)| with / without)
            .collect();
        parts.sort_by(f64::total_cmp);
        parts.get(parts.len() / 2).copied().unwrap_or_default()
    }
}

/// Lets lives happen with and without the triggers.
pub(super) async fn measure(options: &Options, settings: &Settings, database: &Database) -> Result<Writers> {
    let server = Server::start(Side::Host, settings, database.url(), "writers", &[]).await?;
    let world = World::build(&settings.secret, server.address).await?;
    let scenario = Arc::new(Scenario::lives(&world));
    let session = database.session().await?;
    let (rounds, warm_up, measured) = options.turns();
    let load = Load {
        connections: options.connections,
        warm_up,
        measured,
    };
    let mut writers = Writers {
        with: Vec::new(),
        without: Vec::new(),
    };
    for _ in 0..rounds {
        for (change, results) in [("DISABLE", &mut writers.without), ("ENABLE", &mut writers.with)] {
            for trigger in TRIGGERS {
                let sql = format!("ALTER TABLE \"AgentGraphExecution\" {change} TRIGGER {trigger}");
                session.batch_execute(&sql).await?;
            }
            results.push(load::turn(load, &scenario, &server).await?.per_second);
        }
    }
    server.stop().await?;
    Ok(writers)
}
