//! The database understands every statement, and reads no table that grows from end to end, unless the catalogue says why.
//!
//! What a function of PL/pgSQL does inside is not seen: EXPLAIN shows SQL that is inlined, and calls. Of a statement that is
//! handed to `runledger.one_at_a_time` the inner one is explained.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio_postgres::Client;

use crate::{
    catalogue::{self, Entry},
    database::Database,
};

/// Tables that stay small, and the sequences that are read: one row each for a block, a job, a migration, the outbox.
const SMALL: [&str; 11] = [
    "AgentBlock",
    "event_numbers",
    "event_published",
    "event_state",
    // Only what waits or runs just now.
    "executions_at_work",
    "jobs",
    "migrations",
    "migration_steps",
    // One row for a method, route and status.
    "request_metrics",
    "block_registry",
    "rollup_backfill",
];

/// The functions that statements share (migration 0024), which no plan may call: they are inlined.
const INLINED: [&str; 8] = [
    "is_terminal",
    "execution_json",
    "execution_values",
    "boundary",
    "node_json",
    "scoring_job_json",
    "account",
    "parts_of_range",
];

/// What marks an inner statement.
const MARK: &str = "$statement$";

/// The tables that a plan reads from end to end.
fn scanned(plan: &Value, tables: &mut BTreeSet<String>) {
    match plan {
        Value::Object(node) => {
            if node.get("Node Type").and_then(Value::as_str) == Some("Seq Scan") {
                tables.insert(node["Relation Name"].as_str().unwrap().to_owned());
            }
            node.values().for_each(|value| scanned(value, tables));
        }
        Value::Array(nodes) => nodes.iter().for_each(|node| scanned(node, tables)),
        _ => {}
    }
}

/// The statement and the one inside it, if there is one.
fn texts(entry: &Entry) -> Vec<&str> {
    let text = entry.statement.text();
    let inner = text.split(MARK).nth(1);
    [Some(text), inner].into_iter().flatten().collect()
}

/// The tables that the plans of a statement read from end to end.
async fn explain(client: &Client, entry: &Entry, text: &str) -> BTreeSet<String> {
    let argument = String::from_utf8(entry.statement.argument().unwrap().to_vec()).unwrap();
    // What is sent says itself of which type its parameter is; a statement within is prepared by a function that knows.
    let is_sent = text == entry.statement.text();
    let types = if is_sent { "" } else { "(jsonb)" };
    let prepared = format!("PREPARE stored {types} AS {text}");
    if let Err(error) = client.batch_execute(&prepared).await {
        panic!("{}: {error:?}\n{text}", entry.name);
    }
    let mut tables = BTreeSet::new();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        client
            .batch_execute(&format!("SET plan_cache_mode = {mode}"))
            .await
            .unwrap();
        let explain = format!(
            "EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE stored ('{}')",
            argument.replace('\'', "''")
        );
        let plan = client.query_one(&explain, &[]).await;
        let plan: Value = plan.unwrap_or_else(|error| panic!("{}: {error:?}", entry.name)).get(0);
        scanned(&plan, &mut tables);
        // The text of a statement within would be taken for calls.
        let plan = if text.contains(MARK) {
            String::new()
        } else {
            plan.to_string()
        };
        for function in INLINED {
            let is_called = plan.contains(&format!("runledger.{function}("));
            assert!(!is_called, "{}: {function} is not inlined", entry.name);
        }
    }
    client.batch_execute("DEALLOCATE stored").await.unwrap();
    tables
}

#[tokio::test]
async fn no_statement_reads_a_table_that_grows_from_end_to_end() {
    let (database, client) = Database::filled().await;
    // As for a disk without moving parts.
    client.batch_execute("SET random_page_cost = 1.1").await.unwrap();
    let mut faults = Vec::new();
    for entry in catalogue::entries() {
        let mut found = BTreeSet::new();
        for text in texts(&entry) {
            found.extend(explain(&client, &entry, text).await);
        }
        found.retain(|table| !SMALL.contains(&table.as_str()));
        let known: BTreeSet<String> = entry.scans.iter().map(|(table, _)| (*table).to_owned()).collect();
        // Where everything is counted, an index that has it all is as good as the table.
        let either = |why: &str| why == catalogue::COUNT;
        let must: BTreeSet<String> = entry
            .scans
            .iter()
            .filter(|(_, why)| !either(why))
            .map(|(table, _)| (*table).to_owned())
            .collect();
        let fault = |what: &str, table| format!("{} {what} all of {table}", entry.name);
        faults.extend(found.difference(&known).map(|table| fault("reads", table)));
        faults.extend(must.difference(&found).map(|table| fault("does not read", table)));
    }
    assert!(faults.is_empty(), "{faults:#?}");
    database.drop().await;
}
