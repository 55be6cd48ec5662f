//! Executions scored by a language model: `/api/executions/admin/execution_analytics`, which makes a job and tells of it
//! while it goes on; below it, its jobs and what they came to; and the scores of an execution.

mod cancel_job;
mod config;
mod follow;
mod form;
mod generate;
mod get_job;
mod job_results;
mod list_jobs;
mod scores;
mod worker;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<generate::GenerateAnalytics>(),
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
