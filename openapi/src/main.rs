//! Prints what is made of every function's route table: the description of the API, or with `methods` the page on the
//! data service's methods. `cargo xtask openapi` keeps both in `docs`.

mod methods;

use runledger_web::{Route, openapi::document};

const FUNCTIONS: [(&str, &[Route]); 11] = [
    ("executions", runledger_executions::ROUTES),
    ("nodes", runledger_nodes::ROUTES),
    ("share", runledger_share::ROUTES),
    ("events", runledger_events::ROUTES),
    ("summary", runledger_summary::ROUTES),
    ("trends", runledger_trends::ROUTES),
    ("analytics", runledger_analytics::ROUTES),
    ("credits", runledger_credits::ROUTES),
    ("jobs", runledger_jobs::ROUTES),
    ("data-service", runledger_data_service::ROUTES),
    ("system", runledger_system::ROUTES),
];

fn main() -> anyhow::Result<()> {
    let document = document(&FUNCTIONS);
    match std::env::args().nth(1).as_deref() {
        // Of a header that is always there; utoipa has no place for it.
        None => println!(
            "{}",
            document.to_pretty_json()?.replace("\"x-required\": ", "\"required\": ")
        ),
        Some("methods") => print!("{}", methods::page(&serde_json::to_value(&document)?)),
        Some(other) => anyhow::bail!("{other:?} is neither nothing nor `methods`"),
    }
    Ok(())
}
