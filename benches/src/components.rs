//! The components themselves: how large they are, how long making an instance takes, and how long it then takes to
//! answer for the first time.

use std::{collections::BTreeMap, fs, path::Path, process::Stdio, time::Instant};

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    client::{Client, request},
    load::histogram,
    server::{Server, Settings, Side},
    world::World,
};

/// How often an instance is made.
const TIMES: usize = 300;
/// How many answers are not counted: the first ones make connections and prepare statements.
const WARM_UP: usize = 30;

/// One component.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Component {
    /// Bytes of its file.
    pub(crate) wasm_bytes: u64,
    /// How long making an instance takes.
    pub(crate) instantiation: Percentiles,
    /// How long a request takes that an instance has to be made for, as its sender sees it. None for a component that
    /// the benchmark has no request for.
    pub(crate) first_answer: Option<Percentiles>,
}

/// How long something takes, in microseconds.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
pub(crate) struct Percentiles {
    /// Half of the times it takes no longer.
    pub(crate) p50_us: u64,
    /// 99 of 100 times it takes no longer.
    pub(crate) p99_us: u64,
}

impl From<Histogram<u64>> for Percentiles {
    fn from(histogram: Histogram<u64>) -> Self {
        Self {
            p50_us: histogram.value_at_quantile(0.5),
            p99_us: histogram.value_at_quantile(0.99),
        }
    }
}

impl Component {
    /// How long a cold start takes, all in all.
    pub(crate) fn cold_start(&self) -> Percentiles {
        self.first_answer.unwrap_or(self.instantiation)
    }
}

#[derive(Deserialize)]
struct Manifest {
    component: BTreeMap<String, Source>,
}

#[derive(Deserialize)]
struct Source {
    source: String,
}

/// Measures every component of the manifest.
pub(crate) async fn measure(settings: &Settings, database: &Url, world: &World) -> Result<BTreeMap<String, Component>> {
    let instantiations = instantiations(settings, database).await?;
    let server = Server::start(
        Side::Host,
        settings,
        database,
        "fresh-host",
        &["--max-instance-requests", "1"],
    )
    .await?;
    let mut components = BTreeMap::new();
    for (name, wasm_bytes) in sizes(&settings.manifest)? {
        let instantiation = *instantiations
            .get(&name)
            .with_context(|| format!("the host did not measure the component {name}"))?;
        let first_answer = match first_request(&name, world) {
            Some(request) => Some(first_answers(&server, &request).await?),
            None => None,
        };
        components.insert(
            name,
            Component {
                wasm_bytes,
                instantiation,
                first_answer,
            },
        );
    }
    server.stop().await?;
    Ok(components)
}

fn sizes(manifest: &Path) -> Result<BTreeMap<String, u64>> {
    let text = fs::read_to_string(manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let Manifest { component } = toml::from_str(&text)?;
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let size = |(name, Source { source }): (String, Source)| {
        let path = folder.join(source);
        let metadata = fs::metadata(&path).with_context(|| format!("{name} is not built: no {}", path.display()))?;
        Ok((name, metadata.len()))
    };
    component.into_iter().map(size).collect()
}

async fn instantiations(settings: &Settings, database: &Url) -> Result<BTreeMap<String, Percentiles>> {
    let mut command = settings.host_command(database)?;
    let output = command
        .args(["--measure-cold-start", &TIMES.to_string(), "--listen", "127.0.0.1:0"])
        .stderr(Stdio::inherit())
        .output()
        .await?;
    ensure!(
        output.status.success(),
        "the host could not measure cold starts: {}",
        output.status
    );
    serde_json::from_slice(&output.stdout).context("the host tells cold starts in JSON")
}

/// A plain request that this component answers.
fn first_request(component: &str, world: &World) -> Option<Vec<u8>> {
    let path = match component {
        "executions" => format!("/api/executions/{}", world.executions.first()?),
        "system" => "/api/health".to_owned(),
        _ => return None,
    };
    Some(request(&world.owner, "GET", &path, None))
}

async fn first_answers(server: &Server, request: &[u8]) -> Result<Percentiles> {
    let mut client = Client::connect(server.address).await?;
    for _ in 0..WARM_UP {
        client.expect(request, 200).await?;
    }
    let mut times = histogram()?;
    for _ in 0..TIMES {
        let started = Instant::now();
        client.expect(request, 200).await?;
        times.saturating_record(started.elapsed().as_micros() as u64);
    }
    Ok(times.into())
}
