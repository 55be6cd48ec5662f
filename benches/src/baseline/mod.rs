//! What the host is compared with: the measured requests served natively, by axum and tokio-postgres.
//!
//! It runs the store's SQL with the store's parameters, decodes with the store's decoder, and checks tokens with the
//! application's keys, so that what differs is the way there: no components, no host calls.

mod api;
mod database;

use std::{env, io::Write as _, sync::Arc};

use anyhow::{Context as _, Result, anyhow};
use axum::serve::ListenerExt as _;
use runledger_web::Keys;
use tokio::net::TcpListener;

use crate::options::BaselineOptions;

/// What all requests share.
struct App {
    keys: Keys,
    database: database::Database,
}

/// Serves until the process is ended.
pub(crate) async fn run(options: BaselineOptions) -> Result<()> {
    let app = Arc::new(App {
        keys: Keys::new(&variable("JWT_SECRET")?, "", "").map_err(|error| anyhow!(error))?,
        database: database::Database::new(&variable("DATABASE_URL")?, options.postgres_connections)?,
    });
    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|stream| {
        // Without it the connection works, if slowly.
        let _ = stream.set_nodelay(true);
    });
    let mut out = std::io::stdout();
    writeln!(out, "Serving http://{address}").and_then(|()| out.flush())?;
    axum::serve(listener, api::router(app)).await?;
    Ok(())
}

/// A variable of the application.
fn variable(name: &str) -> Result<String> {
    let name = format!("SPIN_VARIABLE_{name}");
    env::var(&name).with_context(|| format!("{name} is not set"))
}
