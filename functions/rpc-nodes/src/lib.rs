//! Methods of the data service about node executions and key-value data: `/rpc/…`.

mod get_execution_kv_data;
mod get_execution_outputs_by_node_exec_id;
mod get_latest_node_execution;
mod get_node_execution;
mod get_node_executions;
mod set_execution_kv_data;
mod update_node_execution_status;
mod update_node_execution_status_batch;
mod upsert_execution_input;
mod upsert_execution_output;

use runledger_web::{Route, rpc::Remote};

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<Remote<get_execution_kv_data::GetExecutionKvData>>(),
    Route::of::<Remote<get_execution_outputs_by_node_exec_id::GetExecutionOutputs>>(),
    Route::of::<Remote<get_latest_node_execution::GetLatestNodeExecution>>(),
    Route::of::<Remote<get_node_execution::GetNodeExecution>>(),
    Route::of::<Remote<get_node_executions::GetNodeExecutions>>(),
    Route::of::<Remote<set_execution_kv_data::SetExecutionKvData>>(),
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
