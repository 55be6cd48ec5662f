//! The data service: the seeds' operations, called by name (`/rpc/…`), and an answer for every name that there is not.

mod create_graph_execution;
mod delete_graph_execution;
mod get_accuracy_trends_and_alerts;
mod get_block_error_stats;
mod get_child_graph_executions;
mod get_credits;
mod get_execution_kv_data;
mod get_execution_outputs_by_node_exec_id;
mod get_frequently_executed_graphs;
mod get_graph_execution;
mod get_graph_execution_by_share_token;
mod get_graph_execution_meta;
mod get_graph_executions;
mod get_graph_executions_count;
mod get_graph_executions_paginated;
mod get_latest_node_execution;
mod get_node_execution;
mod get_node_executions;
mod get_user_execution_summary_data;
mod health_check;
mod set_execution_kv_data;
mod spend_credits;
mod update_graph_execution_share_status;
mod update_graph_execution_start_time;
mod update_graph_execution_stats;
mod update_node_execution_status;
mod update_node_execution_status_batch;
mod upsert_execution_input;
mod upsert_execution_output;

use runledger_web::{Route, rpc::Remote};

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<Remote<create_graph_execution::CreateGraphExecution>>(),
    Route::of::<Remote<delete_graph_execution::DeleteGraphExecution>>(),
    Route::of::<Remote<get_accuracy_trends_and_alerts::GetAccuracyTrendsAndAlerts>>(),
    Route::of::<Remote<get_block_error_stats::GetBlockErrorStats>>(),
    Route::of::<Remote<get_child_graph_executions::GetChildGraphExecutions>>(),
    Route::of::<Remote<get_credits::GetCredits>>(),
    Route::of::<Remote<get_execution_kv_data::GetExecutionKvData>>(),
    Route::of::<Remote<get_execution_outputs_by_node_exec_id::GetExecutionOutputs>>(),
    Route::of::<Remote<get_frequently_executed_graphs::GetFrequentlyExecutedGraphs>>(),
    Route::of::<Remote<get_graph_execution::GetGraphExecution>>(),
    Route::of::<Remote<get_graph_execution_by_share_token::GetGraphExecutionByShareToken>>(),
    Route::of::<Remote<get_graph_execution_meta::GetGraphExecutionMeta>>(),
    Route::of::<Remote<get_graph_executions::GetGraphExecutions>>(),
    Route::of::<Remote<get_graph_executions_count::GetGraphExecutionsCount>>(),
    Route::of::<Remote<get_graph_executions_paginated::GetGraphExecutionsPaginated>>(),
    Route::of::<Remote<get_latest_node_execution::GetLatestNodeExecution>>(),
    Route::of::<Remote<get_node_execution::GetNodeExecution>>(),
    Route::of::<Remote<get_node_executions::GetNodeExecutions>>(),
    Route::of::<Remote<get_user_execution_summary_data::GetUserExecutionSummaryData>>(),
    Route::of::<Remote<health_check::HealthCheck>>(),
    Route::of::<Remote<set_execution_kv_data::SetExecutionKvData>>(),
    Route::of::<Remote<spend_credits::SpendCredits>>(),
    Route::of::<Remote<update_graph_execution_share_status::UpdateGraphExecutionShareStatus>>(),
    Route::of::<Remote<update_graph_execution_start_time::UpdateGraphExecutionStartTime>>(),
    Route::of::<Remote<update_graph_execution_stats::UpdateGraphExecutionStats>>(),
    Route::of::<Remote<update_node_execution_status::UpdateNodeExecutionStatus>>(),
    Route::of::<Remote<update_node_execution_status_batch::UpdateNodeExecutionStatusBatch>>(),
    Route::of::<Remote<upsert_execution_input::UpsertExecutionInput>>(),
    Route::of::<Remote<upsert_execution_output::UpsertExecutionOutput>>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
