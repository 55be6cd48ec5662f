//! Graph executions, and the graphs and blocks that they run: `/api/executions`, `/api/graphs`, `/api/blocks`.

mod children;
mod count;
mod create;
mod data;
mod delete;
mod execution_list;
mod get;
mod gzip;
mod import;
mod list;
mod patch;
mod put_block;
mod put_graph;
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
    Route::of::<data::StreamExecutionData>(),
    Route::of::<start::StartExecution>(),
    Route::of::<stop::StopExecution>(),
    Route::of::<restore::RestoreExecution>(),
    Route::of::<put_graph::PutGraphVersion>(),
    Route::of::<put_block::PutBlock>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
