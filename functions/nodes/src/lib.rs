//! What happens inside an execution: node executions with their inputs and outputs, the queue that executors work from, and
//! the values that nodes keep from run to run.

mod ack_queue;
mod add_to_queue;
mod data;
mod get_kv;
mod get_node;
mod get_queue;
mod give_input;
mod give_output;
mod latest_node;
mod list_nodes;
mod node_outputs;
mod patch_node;
mod patch_nodes;
mod pop_queue;
mod put_kv;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<latest_node::GetLatestNodeExecution>(),
    Route::of::<give_input::GiveNodeInput>(),
    Route::of::<get_queue::GetQueue>(),
    Route::of::<add_to_queue::AddToQueue>(),
    Route::of::<pop_queue::PopQueue>(),
    Route::of::<ack_queue::AcknowledgeEntry>(),
    Route::of::<list_nodes::ListNodeExecutions>(),
    Route::of::<patch_nodes::PatchNodeExecutions>(),
    Route::of::<get_node::GetNodeExecution>(),
    Route::of::<patch_node::PatchNodeExecution>(),
    Route::of::<node_outputs::GetNodeOutputs>(),
    Route::of::<data::StreamNodeData>(),
    Route::of::<give_output::GiveNodeOutput>(),
    Route::of::<get_kv::GetKeyValue>(),
    Route::of::<put_kv::PutKeyValue>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
