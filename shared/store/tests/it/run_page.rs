//! The statements of the run page, for each list that its reader may have come from.

use runledger_models::ExecutionStatus;
use runledger_store::{executions::Filter, pages::run};

use crate::catalogue::{Catalogue, id, scopes, times};

/// All of them.
pub(crate) fn of_run_page(all: &mut Catalogue) {
    let [from, to] = times();
    let graph_id = Some(id("graph-1"));
    let parent_id = Some(id("run-2"));
    for (whose, scope) in scopes() {
        let statuses = Some(vec![ExecutionStatus::Failed]);
        for (way, list) in [
            ("", Filter::default()),
            (
                "_by_graph",
                Filter {
                    graph_id: graph_id.clone(),
                    ..Filter::default()
                },
            ),
            (
                "_by_parent",
                Filter {
                    parent_id: parent_id.clone(),
                    ..Filter::default()
                },
            ),
            (
                "_in_status",
                Filter {
                    statuses: statuses.clone(),
                    ..Filter::default()
                },
            ),
            (
                "_filtered",
                Filter {
                    graph_id: graph_id.clone(),
                    graph_version: Some(1),
                    statuses,
                    created_from: Some(from),
                    created_to: Some(to),
                    ..Filter::default()
                },
            ),
        ] {
            let name = format!("pages/run_{whose}{way}");
            all.read(name, &run::run(&scope, &id("run-1"), &list, 50));
        }
        all.read("pages/deleted_run", &run::deleted_run(&scope, &id("run-50")));
    }
}
