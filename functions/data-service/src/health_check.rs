//! `POST /rpc/health_check`.

use runledger_store::health;
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// It takes no arguments.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(crate) struct NoArgs {}

/// Says whether the database answers.
pub(crate) struct HealthCheck;

impl Method for HealthCheck {
    const PATH: &'static str = "/rpc/health_check";
    const SUMMARY: &'static str = "Whether the database answers: `\"OK\"`";
    const PLATFORM_SOURCE: &'static str = seeds::DATABASE;
    const READS: bool = true;
    type Args = NoArgs;
    type Value = String;

    async fn call(called: Called<Self>) -> Result<Reply<String>, Problem> {
        called.ledger.read(health::state()).await?;
        Ok(Reply::new("OK".to_owned()))
    }
}
