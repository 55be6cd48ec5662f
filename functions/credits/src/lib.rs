//! Credits: `/api/credits`, and their audit.

mod audit;
mod balance;
mod capture_hold;
mod give;
mod hold;
mod release_hold;
mod spend;
mod transactions;

use runledger_web::Route;

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<balance::GetCredits>(),
    Route::of::<transactions::ListTransactions>(),
    Route::of::<spend::SpendCredits>(),
    Route::of::<give::GrantCredits>(),
    Route::of::<give::TopUpCredits>(),
    Route::of::<hold::HoldCredits>(),
    Route::of::<capture_hold::CaptureHold>(),
    Route::of::<release_hold::ReleaseHold>(),
    Route::of::<audit::AuditCredits>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
