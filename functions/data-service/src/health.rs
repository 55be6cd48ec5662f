//! `GET /api/health` and `GET /api/health/ready`.

use http::Method;
use runledger_store::health;
use runledger_web::{Call, Endpoint, NoParams, Problem, Public, Reply};
use serde::Serialize;
use spin_sdk::redis;
use utoipa::ToSchema;

/// That the process answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
}

/// Says that the process answers; asks nobody else.
pub(crate) struct GetHealth;

impl Endpoint for GetHealth {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/health";
    const SUMMARY: &'static str = "Whether the process answers";
    type Access = Public;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Health;

    async fn handle(_: Call<Self>) -> Result<Reply<Health>, Problem> {
        Ok(Reply::new(Health { status: "ok" }))
    }
}

/// That requests can be served, and by what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    status: &'static str,
    database: &'static str,
    /// The number of the newest migration.
    schema_version: i64,
    redis: RedisState,
}

/// Redis is never needed to serve a request; its state is told all the same.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RedisState {
    /// It answers.
    Ok,
    /// It is set and does not answer.
    Down,
    /// It is not set.
    Unset,
}

/// Says whether requests can be served: 503 when the database is out of reach.
pub(crate) struct GetReadiness;

impl Endpoint for GetReadiness {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/health/ready";
    const SUMMARY: &'static str = "Whether requests can be served";
    const PROBLEMS: &'static [u16] = &[503];
    const TELLS_SETTINGS: bool = true;
    type Access = Public;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Readiness;

    async fn handle(call: Call<Self>) -> Result<Reply<Readiness>, Problem> {
        let schema_version = health::schema_version(&call.db).await?;
        let redis = redis_state(&call.config.redis_url).await;
        Ok(Reply::new(Readiness {
            status: "ready",
            database: "ok",
            schema_version,
            redis,
        }))
    }
}

pub(crate) async fn redis_state(url: &str) -> RedisState {
    if url.is_empty() {
        return RedisState::Unset;
    }
    let Ok(connection) = redis::Connection::open(url.to_owned()).await else {
        return RedisState::Down;
    };
    match connection.execute("PING", []).await {
        Ok(_) => RedisState::Ok,
        Err(_) => RedisState::Down,
    }
}
