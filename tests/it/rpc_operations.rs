//! The methods of the data service in the table of operations.

use runledger_tests::Graph;
use serde_json::{Value, json};

use crate::operations::{Access, Operation, Stranger, node_of, write};

/// A method of the data service, called for `ann`.
const fn method(path: &'static str, stranger: Stranger, arguments: fn(&Graph, &str) -> Value) -> Operation {
    write("POST", path, Access::Service, stranger, Some(arguments))
}

/// Whose executions a method is asked for.
fn whose(_: &Graph, execution: &str) -> Value {
    json!({ "user_id": "ann", "execution_id": execution })
}

/// The node execution that a method is asked for.
fn which_node(_: &Graph, execution: &str) -> Value {
    json!({ "node_exec_id": node_of(execution) })
}

pub(crate) const METHODS: [Operation; 29] = [
    method("/rpc/health_check", Stranger::NothingToSee, |_, _| json!({})),
    method(
        "/rpc/get_graph_executions",
        Stranger::Bare("[]"),
        |graph, _| json!({ "graph_id": graph.id }),
    ),
    method(
        "/rpc/get_graph_executions_count",
        Stranger::Bare("0"),
        |graph, _| json!({ "graph_id": graph.id }),
    ),
    method(
        "/rpc/get_graph_executions_paginated",
        Stranger::Refused(400),
        |_, _| json!({ "user_id": "ann" }),
    ),
    method("/rpc/get_graph_execution_meta", Stranger::Refused(400), whose),
    method("/rpc/get_graph_execution", Stranger::Refused(400), whose),
    method(
        "/rpc/get_child_graph_executions",
        Stranger::Bare("[]"),
        |_, execution| json!({ "parent_exec_id": execution }),
    ),
    method("/rpc/create_graph_execution", Stranger::Refused(400), |graph, _| {
        json!({
            "graph_id": graph.id, "graph_version": graph.version, "starting_nodes_input": [], "inputs": {},
            "user_id": "ann",
        })
    }),
    method(
        "/rpc/update_graph_execution_start_time",
        Stranger::Bare("null"),
        |_, execution| json!({ "graph_exec_id": execution }),
    ),
    method(
        "/rpc/update_graph_execution_stats",
        Stranger::Refused(500),
        |_, execution| json!({ "graph_exec_id": execution, "status": "RUNNING" }),
    ),
    method(
        "/rpc/delete_graph_execution",
        Stranger::Refused(400),
        |_, execution| json!({ "graph_exec_id": execution, "user_id": "ann" }),
    ),
    method(
        "/rpc/upsert_execution_input",
        Stranger::Refused(500),
        |graph, execution| {
            json!({
                "node_id": graph.node("work"), "graph_exec_id": execution, "input_name": "city", "input_data": "Bruges",
            })
        },
    ),
    method(
        "/rpc/upsert_execution_output",
        Stranger::Refused(500),
        |_, execution| json!({ "node_exec_id": node_of(execution), "output_name": "sun", "output_data": 1 }),
    ),
    method(
        "/rpc/get_execution_outputs_by_node_exec_id",
        Stranger::Bare("{}"),
        which_node,
    ),
    method(
        "/rpc/update_node_execution_status_batch",
        Stranger::Bare("0"),
        |_, execution| json!({ "node_exec_ids": [node_of(execution)], "status": "RUNNING" }),
    ),
    method(
        "/rpc/update_node_execution_status",
        Stranger::Refused(400),
        |_, execution| json!({ "node_exec_id": node_of(execution), "status": "RUNNING" }),
    ),
    method("/rpc/get_node_execution", Stranger::Bare("null"), which_node),
    method(
        "/rpc/get_node_executions",
        Stranger::Bare("[]"),
        |_, execution| json!({ "graph_exec_id": execution }),
    ),
    method(
        "/rpc/get_latest_node_execution",
        Stranger::Bare("null"),
        |graph, execution| json!({ "node_id": graph.node("work"), "graph_eid": execution }),
    ),
    method(
        "/rpc/get_execution_kv_data",
        Stranger::Refused(400),
        |_, _| json!({ "user_id": "ann", "key": "colour" }),
    ),
    method(
        "/rpc/set_execution_kv_data",
        Stranger::Refused(400),
        |_, _| json!({ "user_id": "ann", "key": "colour", "node_exec_id": "a-node", "data": "bob's" }),
    ),
    method(
        "/rpc/get_credits",
        Stranger::Refused(400),
        |_, _| json!({ "user_id": "ann" }),
    ),
    method(
        "/rpc/spend_credits",
        Stranger::Refused(400),
        |_, _| json!({ "user_id": "ann", "cost": 1, "metadata": {} }),
    ),
    method(
        "/rpc/get_block_error_stats",
        Stranger::Bare("[]"),
        |_, _| json!({ "start_time": "2020-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z" }),
    ),
    method(
        "/rpc/get_frequently_executed_graphs",
        Stranger::Bare("[]"),
        |_, _| json!({ "min_executions": 1 }),
    ),
    method(
        "/rpc/get_accuracy_trends_and_alerts",
        Stranger::NoTrend,
        |graph, _| json!({ "graph_id": graph.id, "days_back": 30 }),
    ),
    method(
        "/rpc/get_user_execution_summary_data",
        Stranger::Refused(400),
        |_, _| {
            json!({
                "user_id": "ann", "start_time": "2020-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z",
            })
        },
    ),
    method(
        "/rpc/update_graph_execution_share_status",
        Stranger::Refused(400),
        |_, execution| json!({ "execution_id": execution, "user_id": "ann", "is_shared": true, "share_token": "t" }),
    ),
    method(
        "/rpc/get_graph_execution_by_share_token",
        Stranger::Bare("null"),
        |_, _| json!({ "share_token": "no-such-token" }),
    ),
];
