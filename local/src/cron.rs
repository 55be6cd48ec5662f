//! Scheduled components, called as Spin's cron trigger calls them at their times: by their export, without HTTP.

use std::{sync::Arc, time::SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::instances::Factory;

/// What `spin:cron@3.0.0` calls the function that a component exports.
const EXPORT: &str = "handle-cron-event";

/// When it is called.
#[derive(Debug, ComponentType, Lower)]
#[component(record)]
struct Metadata {
    timestamp: u64,
}

/// Why it could not do its work.
#[derive(Debug, ComponentType, Lift)]
#[component(variant)]
enum Error {
    #[component(name = "other")]
    Other(String),
}

/// Calls each component once, one after the other. Fails when one of them did, after all were called.
pub(crate) async fn trigger(components: Vec<(Arc<str>, Factory)>) -> Result<()> {
    ensure!(!components.is_empty(), "the manifest has no [[trigger.cron]]");
    let mut failed = Vec::new();
    for (name, factory) in components {
        match call(&factory).await {
            Ok(()) => tracing::info!(component = &*name, "a scheduled component did its work"),
            Err(error) => {
                tracing::error!(
                    component = &*name,
                    error = format!("{error:#}"),
                    "a scheduled component failed"
                );
                failed.push(name);
            }
        }
    }
    ensure!(failed.is_empty(), "not all did their work: {}", failed.join(", "));
    Ok(())
}

async fn call(factory: &Factory) -> Result<()> {
    let (mut store, instance) = factory.instantiate_plainly().await?;
    let function = instance
        .get_typed_func::<(Metadata,), (Result<(), Error>,)>(&mut store, EXPORT)
        .map_err(anyhow::Error::from)
        .with_context(|| format!("it exports no {EXPORT} of spin:cron@3.0.0"))?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let metadata = Metadata {
        timestamp: now.as_secs(),
    };
    let called = store
        .run_concurrent(async move |accessor| function.call_concurrent(accessor, (metadata,)).await)
        .await;
    let (outcome,) = called.flatten().map_err(anyhow::Error::from)?;
    match outcome {
        Ok(()) => Ok(()),
        Err(Error::Other(why)) => bail!("{why}"),
    }
}
