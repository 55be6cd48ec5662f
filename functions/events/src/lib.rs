//! What happens to executions, as it happens: `/api/events`.

mod params;
mod stream;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[Route::of::<stream::StreamEvents>()];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
