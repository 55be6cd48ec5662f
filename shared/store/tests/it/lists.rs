//! The lists of executions: what a filter asks for is composed, so each way in and each filter is a statement.

use runledger_models::{ExecutionStatus, Scope, paging::Position};
use runledger_store::executions;

use crate::catalogue::{COUNT, Catalogue, id, position, scopes, times};

/// Each list once for each way in: as it is, with bounds of time and from a place on, and with further filters.
pub(crate) fn of_lists(all: &mut Catalogue) {
    let [from, to] = times();
    for (whose, scope) in scopes() {
        let all_ways = || {
            let graph_id = Some(id("graph-1"));
            let parent_id = Some(id("run-2"));
            [
                ("", executions::Filter::default()),
                (
                    "_by_graph",
                    executions::Filter {
                        graph_id,
                        ..executions::Filter::default()
                    },
                ),
                (
                    "_by_parent",
                    executions::Filter {
                        parent_id,
                        parent_required: true,
                        ..executions::Filter::default()
                    },
                ),
                (
                    "_by_id",
                    executions::Filter {
                        id: Some(id("run-1")),
                        ..executions::Filter::default()
                    },
                ),
            ]
        };
        for (way, filter) in all_ways() {
            list_executions(all, &format!("{whose}{way}"), &scope, &filter, None);
        }
        for (way, filter) in all_ways() {
            let bounded = executions::Filter {
                created_from: Some(from),
                created_to: Some(to),
                ..filter
            };
            list_executions(
                all,
                &format!("{whose}{way}_in_time"),
                &scope,
                &bounded,
                Some(&position()),
            );
        }
        // What is asked for by itself has no equality on an index beside it.
        for (way, filter) in [
            (
                "_in_status",
                executions::Filter {
                    statuses: Some(vec![ExecutionStatus::Failed]),
                    ..executions::Filter::default()
                },
            ),
            (
                "_of_version",
                executions::Filter {
                    graph_version: Some(1),
                    ..executions::Filter::default()
                },
            ),
            (
                "_since",
                executions::Filter {
                    created_from: Some(from),
                    ..executions::Filter::default()
                },
            ),
            (
                "_until",
                executions::Filter {
                    created_to: Some(to),
                    ..executions::Filter::default()
                },
            ),
            (
                "_by_graph_and_parent",
                executions::Filter {
                    graph_id: Some(id("graph-1")),
                    parent_id: Some(id("run-2")),
                    parent_required: true,
                    ..executions::Filter::default()
                },
            ),
        ] {
            list_executions(all, &format!("{whose}{way}"), &scope, &filter, None);
        }
        for (way, filter) in all_ways() {
            let filtered = executions::Filter {
                statuses: Some(vec![ExecutionStatus::Completed, ExecutionStatus::Failed]),
                graph_version: Some(1),
                created_from: Some(from),
                created_to: Some(to),
                ..filter
            };
            list_executions(
                all,
                &format!("{whose}{way}_filtered"),
                &scope,
                &filtered,
                Some(&position()),
            );
        }
    }
}

fn list_executions(
    all: &mut Catalogue,
    name: &str,
    scope: &Scope,
    filter: &executions::Filter,
    before: Option<&Position>,
) {
    let keyset = executions::keyset(scope, filter, before, 25);
    all.read(format!("executions/keyset_{name}"), &keyset);
    let is_everything = name.starts_with("of_everybody")
        && filter.id.is_none()
        && filter.graph_id.is_none()
        && filter.parent_id.is_none();
    let scans: &[_] = if is_everything {
        &[("AgentGraphExecution", COUNT)]
    } else {
        &[]
    };
    let page = executions::page(scope, filter, 3, 25);
    all.read(format!("executions/page_{name}"), &page).scans(scans);
    let count = executions::count(scope, filter);
    all.read(format!("executions/count_{name}"), &count).scans(scans);
}
