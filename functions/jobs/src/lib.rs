//! Scheduled jobs: `/api/internal/jobs`, and the same on a schedule.

#[cfg(target_family = "wasm")]
mod cron;
mod job;
mod run;
mod webhook;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[Route::of::<run::RunJob>()];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
