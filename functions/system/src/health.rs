//! `GET /api/health` and `GET /api/health/ready`.

use http::{Method, StatusCode};
use runledger_store::health;
use runledger_web::{
    Call, Endpoint, NoParams, Problem, Public, Reply,
    health::{RedisState, redis_state, refusal, warning},
    setting,
};
use serde::Serialize;
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
    /// What does not keep requests from being served and needs somebody all the same: scheduled jobs that failed, or that
    /// have not come to a good end for three of their periods.
    warnings: Vec<String>,
}

/// Says whether requests can be served: 503 when the database is out of reach, older than this program, or read-only.
pub(crate) struct GetReadiness;

impl Endpoint for GetReadiness {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/health/ready";
    const SUMMARY: &'static str = "Whether requests can be served";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::SERVICE_UNAVAILABLE];
    const TELLS_SETTINGS: bool = true;
    type Access = Public;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Readiness;

    async fn handle(call: Call<Self>) -> Result<Reply<Readiness>, Problem> {
        let is_read_only = is_read_only().await.map_err(|fault| {
            call.ledger.log().error(&fault);
            Problem::not_configured(fault)
        })?;
        let state = call.ledger.read(health::state()).await?;
        if let Some(why) = refusal(&state, is_read_only) {
            return Err(Problem::not_ready(why));
        }
        let jobs = call.ledger.read(health::jobs()).await?;
        let redis = redis_state().await?;
        Ok(Reply::new(Readiness {
            status: "ready",
            database: "ok",
            schema_version: state.schema_version,
            redis,
            warnings: jobs.iter().filter_map(warning).collect(),
        }))
    }
}

/// Whether the database is one that is meant to take no writes.
async fn is_read_only() -> Result<bool, String> {
    let flag = setting("database_read_only").await?;
    if flag.is_empty() {
        return Ok(false);
    }
    flag.parse()
        .map_err(|_| format!("database_read_only is {flag:?}; set it to true or false"))
}
