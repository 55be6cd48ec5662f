//! What people see of Runledger: pages that are rendered here, for whoever opens the application in a browser. They work
//! without scripts; the module of `assets/js` makes them better.

mod address;
mod alerts;
mod asset;
mod credits;
mod diagnostics;
mod figure;
mod first_run;
mod format;
mod graphs;
mod home;
mod live;
mod login;
mod over_time;
mod parts;
mod range;
mod reference;
mod refusal;
mod run;
mod runs;
mod scoring;
mod shared;
mod shell;
mod styleguide;
mod system;

/// What the build script makes of the API's description, once more for its tests.
#[cfg(test)]
#[path = "../reference/mod.rs"]
mod reference_pages;

use runledger_web::{Door, Route};

/// The door of every page.
const DOOR: Door = Door::Page(refusal::tell);

/// Every route of this function.
pub const ROUTES: &[Route] = &[
    Route::of::<home::GetHome>(),
    Route::of::<live::GetLive>(),
    Route::of::<runs::GetRuns>(),
    Route::of::<runs::GetNewRuns>(),
    Route::of::<graphs::GetGraphs>(),
    Route::of::<graphs::GetGraph>(),
    Route::of::<login::GetLogin>(),
    Route::of::<login::PostLogin>(),
    Route::of::<login::PostLogout>(),
    Route::of::<run::GetRun>(),
    Route::of::<run::GetData>(),
    Route::of::<run::GetDeleted>(),
    Route::of::<run::PostStop>(),
    Route::of::<run::PostDelete>(),
    Route::of::<run::PostRestore>(),
    Route::of::<run::PostShare>(),
    Route::of::<run::PostUnshare>(),
    Route::of::<asset::GetAsset>(),
    Route::of::<asset::GetFavicon>(),
    Route::of::<run::nodes::GetNodes>(),
    Route::of::<run::nodes::GetNodeRun>(),
    Route::of::<styleguide::GetStyleguide>(),
    Route::of::<reference::GetReference>(),
    Route::of::<reference::GetReferenceGroup>(),
    Route::of::<reference::GetProblems>(),
    Route::of::<reference::GetProblem>(),
    Route::of::<shared::GetShared>(),
    Route::of::<alerts::GetAlerts>(),
    Route::of::<diagnostics::GetDiagnostics>(),
    Route::of::<diagnostics::PostStop>(),
    Route::of::<credits::GetCredits>(),
    Route::of::<system::GetSystem>(),
    Route::of::<scoring::list::GetScoring>(),
    Route::of::<scoring::list::PostScoring>(),
    Route::of::<scoring::new::GetNewScoring>(),
    Route::of::<scoring::job::GetScoringJob>(),
    Route::of::<scoring::job::PostCancel>(),
];

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    runledger_web::serve(request, ROUTES).await
}
