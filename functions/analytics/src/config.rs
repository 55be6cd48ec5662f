//! `GET /api/executions/admin/execution_analytics/config`.

use http::Method;
use runledger_llm::catalog;
use runledger_models::scoring::{DEFAULT_SYSTEM_PROMPT, DEFAULT_USER_PROMPT, ModelInfo, RECOMMENDED_MODEL};
use runledger_web::{AdminOnly, Call, Endpoint, NoParams, Problem, Reply};
use serde::Serialize;
use utoipa::ToSchema;

/// What runs can be scored with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExecutionAnalyticsConfig {
    /// The models, by provider, then by label.
    available_models: Vec<ModelInfo>,
    /// What a model is told to do, unless a request says otherwise.
    default_system_prompt: &'static str,
    /// How a run is put to it, unless a request says otherwise.
    default_user_prompt: &'static str,
    /// The model that is taken where none is named.
    recommended_model: &'static str,
}

/// Tells what runs can be scored with.
pub(crate) struct GetAnalyticsConfig;

impl Endpoint for GetAnalyticsConfig {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/admin/execution_analytics/config";
    const SUMMARY: &'static str = "List the models and the default prompts for scoring";
    type Access = AdminOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = ExecutionAnalyticsConfig;

    async fn handle(call: Call<Self>) -> Result<Reply<ExecutionAnalyticsConfig>, Problem> {
        let catalog = catalog().await.map_err(|why| {
            call.ledger.log().error(&why);
            Problem::not_configured(why)
        })?;
        Ok(Reply::new(ExecutionAnalyticsConfig {
            available_models: catalog.list(),
            default_system_prompt: DEFAULT_SYSTEM_PROMPT,
            default_user_prompt: DEFAULT_USER_PROMPT,
            recommended_model: RECOMMENDED_MODEL,
        }))
    }
}
