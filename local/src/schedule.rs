//! The schedule of `spin.cron.toml`. When its times come, the host asks the application that it serves to run the job, by
//! the route that every service may call: one way in, whoever keeps the time.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, str::FromStr as _, time::Duration};

use anyhow::{Context, Result, ensure};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use chrono::Utc;
use futures::future::join_all;
use hmac::{Hmac, Mac as _};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde::Deserialize;
use sha2::Sha256;

/// Seconds for which the token of one call holds.
const TOKEN_SECONDS: i64 = 60;

/// The parts of the manifest that say when what runs.
#[derive(Debug, Deserialize)]
struct Manifest {
    trigger: Triggers,
    component: BTreeMap<String, Component>,
}

#[derive(Debug, Deserialize)]
struct Triggers {
    #[serde(default)]
    cron: Vec<CronTrigger>,
}

#[derive(Debug, Deserialize)]
struct CronTrigger {
    component: String,
    cron_expression: String,
}

#[derive(Debug, Deserialize)]
struct Component {
    variables: BTreeMap<String, String>,
}

/// Which jobs run when. Has no `Debug`, because of the secret.
pub(crate) struct Schedule {
    jobs: Vec<(String, cron::Schedule)>,
    secret: String,
}

impl Schedule {
    /// Reads a manifest with cron triggers. `secret` is what the application's HS256 tokens are signed with.
    pub(crate) fn read(path: &Path, secret: Option<&str>) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let jobs = jobs(&text).with_context(|| format!("{} has no schedule", path.display()))?;
        let secret = secret.filter(|secret| !secret.is_empty());
        Ok(Self {
            jobs,
            secret: secret
                .context("--cron needs the variable jwt_secret, for the tokens of its calls")?
                .to_owned(),
        })
    }

    /// Runs every job at its times, for ever. Times that pass while a job runs are left out.
    pub(crate) async fn run(self, application: SocketAddr) {
        let Self { jobs, secret } = &self;
        join_all(jobs.iter().map(|(job, schedule)| async move {
            while let Some(next) = schedule.upcoming(Utc).next() {
                // A sleep may end a little early by the clock of the wall.
                let wait = (next - Utc::now()).to_std().unwrap_or_default() + Duration::from_millis(1);
                tokio::time::sleep(wait).await;
                if let Err(error) = call(application, job, secret).await {
                    tracing::warn!(job, error = format!("{error:#}"), "a scheduled job did not run");
                }
            }
        }))
        .await;
    }
}

/// The jobs of a manifest with their times.
fn jobs(text: &str) -> Result<Vec<(String, cron::Schedule)>> {
    let manifest: Manifest = toml::from_str(text)?;
    let job = |trigger: CronTrigger| {
        let component = manifest.component.get(&trigger.component);
        let component = component.with_context(|| format!("there is no component {}", trigger.component))?;
        let name = component
            .variables
            .get("job")
            .context("a component has no variable job")?;
        let schedule = cron::Schedule::from_str(&trigger.cron_expression)
            .with_context(|| format!("{:?} is no cron expression", trigger.cron_expression))?;
        Ok((name.clone(), schedule))
    };
    let jobs = manifest.trigger.cron.into_iter().map(job).collect::<Result<Vec<_>>>()?;
    ensure!(!jobs.is_empty(), "there is no [[trigger.cron]]");
    Ok(jobs)
}

async fn call(application: SocketAddr, job: &str, secret: &str) -> Result<()> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = http::Request::post(format!("http://{application}/api/internal/jobs/{job}/run"))
        .header("authorization", format!("Bearer {}", token(secret)?))
        .body(Empty::<Bytes>::new())?;
    let response = client.request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    ensure!(
        status.is_success(),
        "it was answered with {status}: {}",
        String::from_utf8_lossy(&body)
    );
    tracing::info!(job, outcome = &*String::from_utf8_lossy(&body), "a scheduled job");
    Ok(())
}

/// A token of the role that runs jobs.
fn token(secret: &str) -> Result<String> {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(serde_json::json!({ "alg": "HS256", "typ": "JWT" }));
    let expiry = Utc::now().timestamp() + TOKEN_SECONDS;
    let claims = part(serde_json::json!({ "sub": "scheduler", "role": "service", "exp": expiry }));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(format!("{header}.{claims}").as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    Ok(format!("{header}.{claims}.{signature}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_of_the_house_is_read() {
        let jobs = jobs(include_str!("../../spin.cron.toml")).unwrap();
        let names: Vec<_> = jobs.iter().map(|(job, _)| job.as_str()).collect();
        assert_eq!(
            names,
            [
                "refresh-views",
                "accuracy-scan",
                "block-errors",
                "late-executions",
                "analytics-tick",
                "prune"
            ]
        );
    }

    #[test]
    fn a_manifest_that_says_nothing_of_when_or_what_is_refused() {
        for text in [
            "[trigger]\n[component]\n",
            "[[trigger.cron]]\ncomponent = \"a\"\ncron_expression = \"0 * * * * *\"\n[component]\n",
            "[[trigger.cron]]\ncomponent = \"a\"\ncron_expression = \"often\"\n[component.a.variables]\njob = \"prune\"\n",
        ] {
            assert!(jobs(text).is_err(), "{text}");
        }
    }
}
