//! Prints the description of the API, made of every function's route table. `cargo xtask openapi` keeps it in
//! `docs/openapi.json`.

use runledger_web::openapi::document;

fn main() -> anyhow::Result<()> {
    let functions = [
        ("executions", runledger_executions::ROUTES),
        ("nodes", runledger_nodes::ROUTES),
        ("share", runledger_share::ROUTES),
        ("events", runledger_events::ROUTES),
        ("summary", runledger_summary::ROUTES),
        ("trends", runledger_trends::ROUTES),
        ("analytics", runledger_analytics::ROUTES),
        ("scoring", runledger_scoring::ROUTES),
        ("credits", runledger_credits::ROUTES),
        ("jobs", runledger_jobs::ROUTES),
        ("rpc-executions", runledger_rpc_executions::ROUTES),
        ("rpc-nodes", runledger_rpc_nodes::ROUTES),
        ("rpc-accounts", runledger_rpc_accounts::ROUTES),
        ("data-service", runledger_data_service::ROUTES),
    ];
    println!("{}", document(&functions).to_pretty_json()?);
    Ok(())
}
