//! Having runs scored by a language model: `POST /api/executions/admin/execution_analytics`. What there is to read of it is
//! in `functions/analytics`.

mod follow;
mod generate;
mod worker;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[Route::of::<generate::GenerateAnalytics>()];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
