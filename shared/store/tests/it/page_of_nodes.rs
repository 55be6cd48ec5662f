//! What the page of a run shows of its nodes.

use runledger_store::pages::nodes::{self, SectionQuery};

use crate::catalogue::{Catalogue, id, position, scopes};

/// All of them.
pub(crate) fn of_nodes(all: &mut Catalogue) {
    let (run, node_run, before) = (id("run-1"), id("run-1-node-1"), position());
    for (_, scope) in scopes() {
        let query = SectionQuery {
            run: &run,
            before: None,
            only_failed: false,
            looks_at: 1000,
            shows: 1000,
            draws: 300,
            children: 20,
        };
        all.read("pages/run_nodes", &nodes::run_nodes(&scope, &query));
        let query = SectionQuery {
            before: Some(&before),
            ..query
        };
        all.read("pages/run_nodes_before", &nodes::run_nodes(&scope, &query));
        all.read(
            "pages/node_run",
            &nodes::node_run(&scope, &run, &node_run, 200_000, 5, 2000),
        );
    }
}
