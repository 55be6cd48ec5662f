//! The same jobs on Spin's cron trigger, by `spin.cron.toml`. The component's variable `job` says which one.

use std::rc::Rc;

use spin_sdk::variables;

use crate::job::{Calls, Job, Run};

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
        run().await.map_err(|why| {
            eprintln!("{}", serde_json::json!({ "level": "ERROR", "message": why }));
            trigger::Error::Other(why)
        })
    }
}

async fn run() -> Result<(), String> {
    let name = variables::get("job")
        .await
        .map_err(|error| format!("the variable job cannot be read: {error:?}"))?;
    let job = Job::named(&name).ok_or_else(|| format!("there is no job {name}"))?;
    let (db, config) = runledger_web::scheduled().await?;
    match job.run(&Rc::new(db), &config, Calls::AreAwaited).await {
        Ok(Run::Done(_) | Run::Busy) => Ok(()),
        Err(error) => Err(format!("the job {name} failed: {error}")),
    }
}
