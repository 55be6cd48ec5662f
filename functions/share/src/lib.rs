//! Share links: an owner shows one result to whoever has the link.

mod create;
mod read;
mod revoke;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<create::CreateShare>(),
    Route::of::<revoke::RevokeShare>(),
    Route::of::<read::ReadShared>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
