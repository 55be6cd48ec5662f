//! What a user's executions came to: `/api/summary`.

mod get;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[Route::of::<get::GetSummary>()];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
