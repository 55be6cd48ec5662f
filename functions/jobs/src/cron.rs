//! The same jobs on Spin's cron trigger, by `spin.cron.toml`. The component's variable `job` says which one.

use std::rc::Rc;

use runledger_models::job::ScheduledJob;
use runledger_store::Db;
use runledger_web::Config;
use spin_sdk::variables;

use crate::job::{self, Calls, Run};

mod trigger {
    #![allow(missing_docs, unsafe_code, reason = "generated")]

    spin_sdk::wit_bindgen::generate!({
        inline: "
            package spin:cron@3.0.0;

            interface cron-types {
                record metadata { timestamp: u64 }
                variant error { other(string) }
            }

            world spin-cron {
                use cron-types.{metadata, error};
                export handle-cron-event: async func(metadata: metadata) -> result<_, error>;
            }
        ",
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        generate_all,
    });

    pub(super) struct Cron;
    export!(Cron);
}

impl trigger::Guest for trigger::Cron {
    async fn handle_cron_event(_: trigger::Metadata) -> Result<(), trigger::Error> {
        run().await.map_err(trigger::Error::Other)
    }
}

async fn run() -> Result<(), String> {
    let (job, db, config) = prepare().await.inspect_err(|why| {
        eprintln!("{}", serde_json::json!({ "level": "ERROR", "message": why }));
    })?;
    match job::run(job, &Rc::new(db), &config, Calls::AreAwaited).await {
        Ok(Run::Done(_) | Run::Busy) => Ok(()),
        Err(error) => Err(format!("the job {} failed: {error}", job.name())),
    }
}

async fn prepare() -> Result<(ScheduledJob, Db, Rc<Config>), String> {
    let name = variables::get("job")
        .await
        .map_err(|error| format!("the variable job cannot be read: {error:?}"))?;
    let job = ScheduledJob::named(&name).ok_or_else(|| format!("there is no job {name}"))?;
    let (db, config) = runledger_web::scheduled().await?;
    Ok((job, db, config))
}
