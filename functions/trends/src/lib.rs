//! What operators watch: `/api/executions/admin/execution_accuracy_trends` and the monitors below `/api/admin`.

mod accuracy;
mod alerts;
mod block_errors;
mod frequent_graphs;
mod late;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<accuracy::GetAccuracyTrends>(),
    Route::of::<block_errors::ListBlockErrors>(),
    Route::of::<frequent_graphs::ListFrequentGraphs>(),
    Route::of::<alerts::ListAlerts>(),
    Route::of::<late::ListLate>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
