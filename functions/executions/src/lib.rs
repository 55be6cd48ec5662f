//! Graph executions with their nodes and queues, what nodes keep, and the graphs and blocks that run:
//! `/api/executions`, `/api/node-executions`, `/api/kv`, `/api/graphs`, `/api/blocks`.

mod ack_queue;
mod add_to_queue;
mod children;
mod count;
mod create;
mod delete;
mod execution_list;
mod get;
mod get_kv;
mod get_node;
mod get_queue;
mod give_input;
mod give_output;
mod import;
mod latest_node;
mod list;
mod list_nodes;
mod node_outputs;
mod patch;
mod patch_node;
mod patch_nodes;
mod pop_queue;
mod put_block;
mod put_graph;
mod put_kv;
mod restore;
mod start;
mod stop;
mod view;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<list::ListExecutions>(),
    Route::of::<list::ListGraphExecutions>(),
    Route::of::<count::CountExecutions>(),
    Route::of::<create::CreateExecution>(),
    Route::of::<import::ImportExecutions>(),
    Route::of::<get::GetExecution>(),
    Route::of::<get::GetGraphExecution>(),
    Route::of::<patch::PatchExecution>(),
    Route::of::<delete::DeleteExecution>(),
    Route::of::<children::ListChildren>(),
    Route::of::<start::StartExecution>(),
    Route::of::<stop::StopExecution>(),
    Route::of::<restore::RestoreExecution>(),
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
    Route::of::<give_output::GiveNodeOutput>(),
    Route::of::<get_kv::GetKeyValue>(),
    Route::of::<put_kv::PutKeyValue>(),
    Route::of::<put_graph::PutGraphVersion>(),
    Route::of::<put_block::PutBlock>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
