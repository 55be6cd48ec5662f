//! What work gets that no request started: a schedule's.

use std::rc::Rc;

use runledger_logging::Log;
use runledger_models::Id;
use runledger_store::Db;

use crate::{Config, http::request_id::new_trace};

/// The database and the settings, with a log whose lines carry an id of their own.
pub async fn scheduled() -> Result<(Db, Rc<Config>), String> {
    let config = Config::of_instance().await?;
    let log = Log::new(Id::generate().as_str(), new_trace());
    Ok((Db::new(Rc::clone(&config.pool), log, config.budget), config))
}
