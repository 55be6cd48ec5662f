//! Methods of the data service about credits, summaries, monitors and share links, its health, and an answer for every
//! method that there is not: `/rpc/…`.

mod get_accuracy_trends_and_alerts;
mod get_block_error_stats;
mod get_credits;
mod get_frequently_executed_graphs;
mod get_graph_execution_by_share_token;
mod get_user_execution_summary_data;
mod health_check;
mod spend_credits;
mod update_graph_execution_share_status;

use runledger_web::{Route, rpc::Remote};

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<Remote<get_accuracy_trends_and_alerts::GetAccuracyTrendsAndAlerts>>(),
    Route::of::<Remote<get_block_error_stats::GetBlockErrorStats>>(),
    Route::of::<Remote<get_credits::GetCredits>>(),
    Route::of::<Remote<get_frequently_executed_graphs::GetFrequentlyExecutedGraphs>>(),
    Route::of::<Remote<get_graph_execution_by_share_token::GetGraphExecutionByShareToken>>(),
    Route::of::<Remote<get_user_execution_summary_data::GetUserExecutionSummaryData>>(),
    Route::of::<Remote<health_check::HealthCheck>>(),
    Route::of::<Remote<spend_credits::SpendCredits>>(),
    Route::of::<Remote<update_graph_execution_share_status::UpdateGraphExecutionShareStatus>>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
