//! The application's own affairs: its health, its numbers, the description of its API, and an answer for every path that nobody
//! serves.

mod description;
mod exposition;
mod health;
mod metrics;
mod text;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<health::GetHealth>(),
    Route::of::<health::GetReadiness>(),
    Route::of::<metrics::GetMetrics>(),
    Route::of::<description::GetOpenApi>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
