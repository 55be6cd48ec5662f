//! One run from beginning to end.

use std::{process::ExitCode, sync::Arc, thread};

use anyhow::{Context as _, Result, bail, ensure};
use url::Url;

use crate::{
    client::{Client, request},
    components,
    database::Database,
    events,
    load::{self, Load},
    options::Options,
    report::{Conditions, Measured, Report},
    run,
    scenario::Scenario,
    server::{Server, Settings, Side},
    wire::Wire,
    world::World,
};

/// How often a scenario is done before its statements are counted: everything is then prepared.
const COUNTING_WARM_UP: u64 = 50;
/// How often it is done while they are counted.
const COUNTED: u64 = 200;

/// Measures everything, prints it, and writes it down.
pub(crate) async fn run(options: &Options) -> Result<ExitCode> {
    run::run(options, "results.json", async |database: &Database| {
        measure(options, database).await
    })
    .await
}

async fn measure(options: &Options, database: &Database) -> Result<Report> {
    let settings = Settings::new(options, None);
    progress("Making a database and filling it through the API");
    let servers = start_both(&settings, database.url(), "").await?;
    let world = World::build(&settings.secret, servers[0].address).await?;
    check_sameness(&servers, &world).await?;
    database.settle().await?;

    let scenarios = [
        Scenario::reads(&world),
        Scenario::shares(&world),
        Scenario::lives(&world),
        Scenario::nodes(&world),
    ]
    .map(Arc::new);
    let mut measured = scenarios.each_ref().map(|scenario| Measured::new(scenario));

    progress("Counting statements and round trips");
    let wire = Wire::relay(database.url()).await?;
    for relayed in start_both(&settings, wire.url(), "relayed-").await? {
        for (scenario, measured) in scenarios.iter().zip(&mut measured) {
            load::times(COUNTING_WARM_UP, scenario, &relayed).await?;
            let before = wire.traffic();
            load::times(COUNTED, scenario, &relayed).await?;
            measured.count(relayed.side, wire.traffic().since(before), COUNTED);
        }
        relayed.stop().await?;
    }

    let (rounds, warm_up, seconds) = options.turns();
    let load = Load {
        connections: options.connections,
        warm_up,
        measured: seconds,
    };
    for (scenario, measured) in scenarios.iter().zip(&mut measured) {
        for round in 1..=rounds {
            progress(&format!("Measuring {}, round {round} of {rounds}", scenario.name()));
            for server in &servers {
                measured.add(server.side, load::turn(load, scenario, server).await?);
            }
        }
    }
    for server in servers {
        server.stop().await?;
    }

    progress("Measuring events and open streams");
    let redis = options.redis_url.as_ref();
    let events = events::measure(&settings, database, &world, redis, load, options.quick).await?;
    progress("Measuring the components");
    let components = components::measure(&settings, database.url(), &world).await?;
    let conditions = Conditions {
        cpus: thread::available_parallelism().map_or(0, usize::from),
        postgres: database.version().await?,
        connections: load.connections,
        rounds,
        seconds: load.measured.as_secs_f64(),
        warm_up_seconds: load.warm_up.as_secs_f64(),
    };
    Report::new(conditions, measured, events, components)
}

async fn start_both(settings: &Settings, database: &Url, prefix: &str) -> Result<[Server; 2]> {
    let [host, baseline] = Side::BOTH.map(|side| {
        let name = format!("{prefix}{}", side.name());
        async move { Server::start(side, settings, database, &name, &[]).await }
    });
    Ok([host.await?, baseline.await?])
}

/// Both sides have to answer the same, or the comparison says nothing.
async fn check_sameness(servers: &[Server; 2], world: &World) -> Result<()> {
    let id = world.executions.first().context("there are executions")?;
    let read = request(&world.owner, "GET", &format!("/api/executions/{id}"), None);
    let mut answers = Vec::new();
    for server in servers {
        let mut client = Client::connect(server.address).await?;
        let reply = client.expect(&read, 200).await?;
        ensure!(reply.etag.is_some(), "the {} gives no ETag", server.side.name());
        answers.push((reply.etag, String::from_utf8_lossy(reply.body).into_owned()));
    }
    if answers[0] != answers[1] {
        bail!("the two sides do not answer the same: {answers:#?}");
    }
    Ok(())
}

fn progress(what: &str) {
    eprintln!("{what}");
}
