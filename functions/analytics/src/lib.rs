//! What there is to read of scoring: `/api/executions/admin/execution_analytics/…`, and the scores of an execution. The
//! scoring itself is in `functions/scoring`.

mod cancel_job;
mod config;
mod get_job;
mod job_results;
mod list_jobs;
mod scores;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<config::GetAnalyticsConfig>(),
    Route::of::<list_jobs::ListScoringJobs>(),
    Route::of::<get_job::GetScoringJob>(),
    Route::of::<cancel_job::CancelScoringJob>(),
    Route::of::<job_results::ListScoringResults>(),
    Route::of::<scores::ListScores>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
