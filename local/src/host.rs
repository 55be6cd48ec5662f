//! The host as a whole: from the command line to serving.

use std::{collections::BTreeMap, env, io::Write as _, net::SocketAddr, sync::Arc};

use anyhow::{Context, Result, ensure};
use runledger_models::DatabaseUrl;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use wasmtime::Engine;

use crate::{
    admission::Admission,
    app::{Application, Component},
    cron, engine,
    guest::Services,
    instances::{Factory, Instances},
    log::Log,
    memory::Memory,
    options::{Limits, Options},
    postgres, readiness, redis,
    schedule::Schedule,
    server::Server,
    service::Service,
};

/// Runs what the command line asks for, until it is done or a signal says to stop.
pub async fn run(options: Options, log: Log) -> Result<()> {
    let app = Application::load(&options.from, &options.variable, |name| env::var(name).ok())?;
    // Which library checks certificates is said once, for those who do not say it themselves. It may have been said.
    let _ = rustls::crypto::ring::default_provider().install_default();
    if options.trigger_cron {
        return trigger_cron(&app, &options, log).await;
    }
    if !app.unserved_triggers.is_empty() {
        tracing::warn!(kinds = ?app.unserved_triggers, "the manifest has triggers that this host does not serve");
    }
    remark_on_database_url(&app);
    ensure!(
        !app.components.is_empty(),
        "the manifest has no [[trigger.http]], and this host serves nothing else"
    );
    let limits = Arc::new(options.limits());
    let settings = app
        .components
        .iter()
        .map(|component| &component.variables)
        .find(|variables| variables.contains_key("jwt_secret"));
    let schedule = options.cron.as_deref().map(|path| Schedule::read(path, settings));
    let schedule = schedule.transpose()?;
    let engine = engine::new(&limits)?;
    // Bound before the components are compiled, so that a taken port is known at once.
    let server = Server::bind(options.listen, !options.like_spin).await?;
    let services = Arc::new(services(&options, &limits, log.clone())?);
    let components = link(&app.components, &engine, &options, &limits, &services, server.address())?;
    if let Some(times) = options.measure_cold_start {
        return measure(components, times).await;
    }

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
    };
    let address = server.address();
    let tells_readiness = app.router.find(readiness::PATH).is_some();
    let service = Arc::new(Service {
        router: app.router,
        components: components
            .into_iter()
            .map(|(name, factory)| (name, Instances::new(factory)))
            .collect(),
        admission: Admission::new(&limits),
        memory: Arc::clone(&services.memory),
        limits: Arc::clone(&limits),
        log,
        this: address,
    });
    announce(&app.name, address)?;
    let ticking = schedule.map(|schedule| tokio::spawn(schedule.run(address)));
    let outcome = tokio::select! {
        () = server.run(service, stop, limits.shutdown_deadline_ms) => Ok(()),
        refusal = readiness::refuse_unusable_settings(address, options.require_usable_settings), if tells_readiness => {
            Err(refusal)
        }
    };
    if let Some(ticking) = ticking {
        ticking.abort();
    }
    outcome
}

/// Calls what the manifest has for a schedule.
async fn trigger_cron(app: &Application, options: &Options, log: Log) -> Result<()> {
    let limits = Arc::new(options.limits());
    let engine = engine::new(&limits)?;
    let services = Arc::new(services(options, &limits, log)?);
    cron::trigger(link(
        &app.scheduled,
        &engine,
        options,
        &limits,
        &services,
        options.listen,
    )?)
    .await
}

/// The line that says that requests are being served. Standard output has no other.
fn announce(name: &str, address: SocketAddr) -> Result<()> {
    tracing::info!(application = name, %address, "serving");
    let mut out = std::io::stdout().lock();
    writeln!(out, "Serving http://{address}")
        .and_then(|()| out.flush())
        .context("standard output is closed")
}

/// Says once what every component would have to say of the address that they are given.
fn remark_on_database_url(app: &Application) {
    let mut variables = app.components.iter().map(|component| &component.variables);
    let text = variables.find_map(|variables| variables.get("database_url"));
    match text.map(|text| DatabaseUrl::parse(text)) {
        Some(Ok(url)) => {
            if let Some(remark) = url.remark() {
                tracing::warn!("{remark}");
            }
        }
        Some(Err(fault)) => tracing::error!("{fault}"),
        None => {}
    }
}

fn services(options: &Options, limits: &Limits, log: Log) -> Result<Services> {
    let manner = match (options.like_spin, options.unnamed_statements) {
        (true, _) => postgres::Manner::LikeSpin,
        (_, true) => postgres::Manner::Unnamed,
        _ => postgres::Manner::Prepared,
    };
    let redis_ca = options
        .redis_ca
        .as_deref()
        .map(|path| std::fs::read(path).with_context(|| format!("cannot read the certificates {}", path.display())));
    Ok(Services {
        postgres: postgres::Pools::new(postgres::Limits {
            size: limits.postgres_connections,
            wait: limits.postgres_wait_ms,
            connect: limits.connect_timeout_ms,
            manner,
        }),
        redis: redis::Servers::new(
            redis::Limits {
                connect: limits.connect_timeout_ms,
                response: limits.redis_response_ms,
                each_its_own: options.like_spin,
            },
            redis_ca.transpose()?,
        ),
        memory: Memory::new(limits.memory_mib << 20),
        log,
    })
}

type Linked = Vec<(Arc<str>, Factory)>;

/// Compiles and links all components, at the same time.
fn link(
    components: &[Arc<Component>],
    engine: &Engine,
    options: &Options,
    limits: &Arc<Limits>,
    services: &Arc<Services>,
    this: SocketAddr,
) -> Result<Linked> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = components
            .iter()
            .map(|component| {
                scope.spawn(move || {
                    let compiled = engine::compile(engine, component, &options.state_dir)?;
                    let factory = Factory::new(&compiled, component, services, limits, this)?;
                    Ok((Arc::clone(&component.name), factory))
                })
            })
            .collect();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| anyhow::bail!("it panicked")));
        joined.collect()
    })
}

/// How long making an instance takes, in microseconds.
#[derive(Serialize)]
struct ColdStart {
    p50_us: u128,
    p99_us: u128,
}

async fn measure(components: Linked, times: usize) -> Result<()> {
    let mut report = BTreeMap::new();
    for (name, factory) in components {
        let mut taken = Vec::new();
        for _ in 0..times.max(1) {
            taken.push(factory.measure().await?.as_micros());
        }
        taken.sort_unstable();
        let at = |percent: usize| taken[(taken.len() - 1) * percent / 100];
        report.insert(
            name.to_string(),
            ColdStart {
                p50_us: at(50),
                p99_us: at(99),
            },
        );
    }
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}
