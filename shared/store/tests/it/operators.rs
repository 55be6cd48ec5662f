//! The statements of the pages that operators watch, and of credits.

use runledger_models::{UserId, scoring::ResultStatus};
use runledger_store::pages::{self, ScoringWish};

use crate::catalogue::{ALERTS, Catalogue, ENTRIES, id, position, scopes, times};

pub(crate) fn of_operators(all: &mut Catalogue) {
    let user = UserId::parse("user-1").unwrap();
    all.read("pages/account", &pages::account(&user, times()[0]));
    for (_, scope) in scopes() {
        all.read("pages/alerts", &pages::alerts(&scope, Some(&position()), 25))
            .scans(&[("accuracy_alerts", ALERTS)]);
        all.read("pages/diagnostics", &pages::diagnostics(&scope, ["graph-1"], 50))
            .scans(&[("queue_entries", ENTRIES)]);
        all.read(
            "pages/scoring_jobs",
            &pages::scoring_jobs(&scope, Some(&position()), 25),
        );
        all.read("pages/scoring_graphs", &pages::scoring_graphs(&scope));
        let wish = ScoringWish {
            graph_id: &id("graph-1"),
            graph_version: Some(1),
            created_after: Some(times()[0]),
        };
        all.read("pages/scoring_preview", &pages::scoring_preview(&scope, &wish));
        for (name, outcome) in [("", None), ("_filtered", Some(ResultStatus::Failed))] {
            let results = pages::scoring_results(&scope, &id("job-1"), outcome, 10, 25);
            all.read(format!("pages/scoring_results{name}"), &results);
        }
    }
}
