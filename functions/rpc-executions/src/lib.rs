//! Methods of the data service about executions of graphs: `/rpc/…`.

mod create_graph_execution;
mod delete_graph_execution;
mod get_child_graph_executions;
mod get_graph_execution;
mod get_graph_execution_meta;
mod get_graph_executions;
mod get_graph_executions_count;
mod get_graph_executions_paginated;
mod update_graph_execution_start_time;
mod update_graph_execution_stats;

use runledger_web::{Route, rpc::Remote};

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<Remote<create_graph_execution::CreateGraphExecution>>(),
    Route::of::<Remote<delete_graph_execution::DeleteGraphExecution>>(),
    Route::of::<Remote<get_child_graph_executions::GetChildGraphExecutions>>(),
    Route::of::<Remote<get_graph_execution::GetGraphExecution>>(),
    Route::of::<Remote<get_graph_execution_meta::GetGraphExecutionMeta>>(),
    Route::of::<Remote<get_graph_executions::GetGraphExecutions>>(),
    Route::of::<Remote<get_graph_executions_count::GetGraphExecutionsCount>>(),
    Route::of::<Remote<get_graph_executions_paginated::GetGraphExecutionsPaginated>>(),
    Route::of::<Remote<update_graph_execution_start_time::UpdateGraphExecutionStartTime>>(),
    Route::of::<Remote<update_graph_execution_stats::UpdateGraphExecutionStats>>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
