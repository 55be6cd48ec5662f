//! The schedule of `spin.cron.toml`. When its times come, the host asks the application that it serves to run the job, by
//! the route that every service may call: one way in, whoever keeps the time.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    path::Path,
    str::FromStr as _,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use chrono::Utc;
use futures::future::join_all;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use runledger_tokens::{Claims, sign};
use serde::Deserialize;

/// For how long the token of one call holds.
const TOKEN_LIFETIME: Duration = Duration::from_mins(1);

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
    signer: Signer,
}

/// What the tokens of calls are made of: the application's own settings.
struct Signer {
    secret: String,
    audience: String,
}

impl Schedule {
    /// Reads a manifest with cron triggers. `settings` are the variables of a component that checks tokens.
    pub(crate) fn read(path: &Path, settings: Option<&HashMap<String, String>>) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let jobs = jobs(&text).with_context(|| format!("{} has no schedule", path.display()))?;
        let setting = |name| {
            settings
                .and_then(|settings| settings.get(name))
                .cloned()
                .unwrap_or_default()
        };
        let (secret, audience) = (setting("jwt_secret"), setting("jwt_audience"));
        ensure!(
            !secret.is_empty(),
            "--cron needs the variable jwt_secret, for the tokens of its calls"
        );
        Ok(Self {
            jobs,
            signer: Signer { secret, audience },
        })
    }

    /// Runs every job at its times, for ever. Times that pass while a job runs are left out.
    pub(crate) async fn run(self, application: SocketAddr) {
        let Self { jobs, signer } = &self;
        join_all(jobs.iter().map(|(job, schedule)| async move {
            while let Some(next) = schedule.upcoming(Utc).next() {
                // A sleep may end a little early by the clock of the wall.
                let wait = (next - Utc::now()).to_std().unwrap_or_default() + Duration::from_millis(1);
                tokio::time::sleep(wait).await;
                if let Err(error) = call(application, job, signer).await {
                    tracing::error!(job, error = format!("{error:#}"), "a scheduled job did not run");
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

async fn call(application: SocketAddr, job: &str, signer: &Signer) -> Result<()> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = http::Request::post(format!("http://{application}/api/internal/jobs/{job}/run"))
        .header("authorization", format!("Bearer {}", signer.token()?))
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

impl Signer {
    /// A token of the role that runs jobs.
    fn token(&self) -> Result<String> {
        let claims = Claims::new("scheduler", "service", &self.audience, TOKEN_LIFETIME);
        Ok(sign(self.secret.as_bytes(), &claims)?)
    }
}

#[cfg(test)]
mod tests {
    use runledger_models::job::ScheduledJob;

    use super::*;

    #[test]
    fn the_schedule_of_the_house_has_every_job_at_its_period() {
        let jobs = jobs(include_str!("../../spin.cron.toml")).unwrap();
        let mut periods = Vec::new();
        for (job, schedule) in &jobs {
            let times: Vec<_> = schedule.after(&Utc::now()).take(2).collect();
            periods.push((job.as_str(), (times[1] - times[0]).to_std().unwrap()));
        }
        assert_eq!(periods, ScheduledJob::ALL.map(|job| (job.name(), job.period())));
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
