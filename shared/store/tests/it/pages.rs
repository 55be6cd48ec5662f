//! What pages show beside what the API answers.

use runledger_models::{ExecutionStatus, Timestamp};
use runledger_store::{
    executions::Filter,
    pages::{
        graphs, history,
        history::Steps,
        overview,
        runs::{self, Order},
    },
};

use crate::catalogue::{Catalogue, id, position, scopes, times};

const HOUR: i64 = 3_600_000;

pub(crate) fn of_pages(all: &mut Catalogue) {
    let [from, to] = times();
    for (whose, scope) in scopes() {
        let graph = id("graph-1");
        let of_graph = || Filter {
            graph_id: Some(graph.clone()),
            ..Filter::default()
        };
        let failed = Filter {
            statuses: Some(vec![ExecutionStatus::Failed]),
            created_from: Some(from),
            created_to: Some(to),
            ..Filter::default()
        };
        let at_work = Filter {
            statuses: Some(vec![ExecutionStatus::Running]),
            ..Filter::default()
        };
        for (way, filter, order, before) in [
            ("", Filter::default(), Order::Newest, None),
            ("_goes_on", Filter::default(), Order::Slowest, Some(position())),
            ("_by_graph", of_graph(), Order::Newest, None),
            ("_failed", failed, Order::Newest, None),
            ("_at_work", at_work, Order::Newest, None),
        ] {
            let list = runs::runs(&scope, &filter, order, before.as_ref(), 25);
            all.read(format!("pages/runs_{whose}{way}"), &list);
        }
        let newer = runs::newer(&scope, &of_graph(), &position(), 100);
        all.read(format!("pages/newer_{whose}_by_graph"), &newer);
        all.read(
            format!("pages/newer_{whose}"),
            &runs::newer(&scope, &Filter::default(), &position(), 100),
        );
        all.read("pages/recent_graphs", &runs::recent_graphs(&scope));
        for (grain, step) in [("days", 24 * HOUR), ("hours", HOUR), ("minutes", HOUR / 60)] {
            let steps = Steps::of(from, to, step);
            all.read(
                format!("pages/history_{whose}_in_{grain}"),
                &history::history(&scope, None, steps),
            );
            let of_graph = history::history(&scope, Some(&graph), steps);
            all.read(format!("pages/history_{whose}_by_graph_in_{grain}"), &of_graph);
        }
        let now = Timestamp::now();
        let times = [now.days_before(2), now.days_before(1), now];
        all.read("pages/overview", &overview::overview(&scope, times, 8));
        all.read("pages/attention", &overview::attention(&scope, true, 8));
        let list = graphs::graphs(&scope, [from, to], graphs::Order::Runs, Some(&graph), 50);
        all.read("pages/graphs", &list);
        all.read("pages/graph", &graphs::graph(&scope, &graph, [from, to]));
    }
}
