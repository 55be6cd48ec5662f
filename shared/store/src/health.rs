//! Whether the database answers, and which schema it has.

use serde::Deserialize;

use crate::{Db, Error};

/// The schema that this program needs: the number of the newest migration.
pub const NEEDED_VERSION: i64 = 19;

/// The number of the newest migration that was applied.
pub const SCHEMA_VERSION: &str = include_str!("schema_version.sql");

#[derive(Deserialize)]
struct Schema {
    version: i64,
}

/// Asks the database for the number of its newest migration.
pub async fn schema_version(db: &Db) -> Result<i64, Error> {
    db.read::<Schema>(SCHEMA_VERSION, &serde_json::json!({}))
        .await
        .map(|schema| schema.version)
}
