//! What most tests start from: a graph, executions of it, and the contract's state machine.

use serde_json::{Value, json};

use crate::{App, Database, Reply};

/// Every status.
pub const STATUSES: [&str; 7] = [
    "INCOMPLETE",
    "QUEUED",
    "RUNNING",
    "COMPLETED",
    "TERMINATED",
    "FAILED",
    "REVIEW",
];

/// The block that carries a graph's inputs, known from the start.
pub const INPUT_BLOCK: &str = "c0a8e994-ebf1-4a9c-a4d8-89d09c86741b";
/// The block that carries a graph's outputs, known from the start.
pub const OUTPUT_BLOCK: &str = "363ae599-353e-4804-937e-b2ee3cef3da4";

/// The statuses from which a record may move to `to`: the contract's table.
pub fn allowed_from(to: &str) -> &'static [&'static str] {
    match to {
        "QUEUED" => &["INCOMPLETE", "TERMINATED", "REVIEW"],
        "RUNNING" => &["INCOMPLETE", "QUEUED", "TERMINATED", "REVIEW"],
        "COMPLETED" | "REVIEW" => &["RUNNING"],
        "FAILED" | "TERMINATED" => &["INCOMPLETE", "QUEUED", "RUNNING", "REVIEW"],
        _ => &[],
    }
}

/// Whether a status ends a record's life.
pub fn is_terminal(status: &str) -> bool {
    matches!(status, "COMPLETED" | "FAILED" | "TERMINATED")
}

/// Whether a stop ends a record of this status.
pub fn is_unfinished(status: &str) -> bool {
    !is_terminal(status)
}

/// A registered graph: an input, some work, an output, and two webhooks.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: i32,
    /// Who owns it.
    pub owner: String,
}

impl Graph {
    /// The id of one of its nodes: `input`, `second-input`, `work`, `output`, `second-output`, `webhook` or
    /// `manual-webhook`.
    pub fn node(&self, name: &str) -> String {
        format!("{}-{}-{name}", self.id, self.version)
    }

    /// Where its executions are.
    pub fn executions(&self) -> String {
        format!("/api/graphs/{}/executions", self.id)
    }

    /// The body that creates an execution of it, with its work node queued.
    pub fn creation(&self) -> Value {
        json!({
            "graph_version": self.version,
            "inputs": { "city": "Ghent" },
            "starting_nodes_input": [{ "node_id": self.node("work"), "input": { "city": "Ghent" } }],
        })
    }

    /// The body that registers it.
    pub fn registration(&self) -> Value {
        let blocks = [
            ("input", INPUT_BLOCK),
            ("second-input", INPUT_BLOCK),
            ("work", "block-work"),
            ("output", OUTPUT_BLOCK),
            ("second-output", OUTPUT_BLOCK),
            ("webhook", "block-webhook"),
            ("manual-webhook", "block-manual-webhook"),
        ];
        let nodes: Vec<Value> = blocks
            .iter()
            .map(|(name, block)| json!({ "id": self.node(name), "block_id": block }))
            .collect();
        let link = |source: &str, sink: &str| json!({ "source_id": self.node(source), "sink_id": self.node(sink), "source_name": "result", "sink_name": "value" });
        json!({
            "name": format!("The graph {}", self.id),
            "description": "Tells the weather.",
            "nodes": nodes,
            "links": [link("input", "work"), link("work", "output")],
        })
    }
}

impl App {
    /// Registers a graph of this user, and the blocks that it needs.
    pub async fn graph(&self, id: &str, owner: &str) -> Graph {
        self.graph_version(id, 1, owner).await
    }

    /// Registers a version of a graph of this user.
    pub async fn graph_version(&self, id: &str, version: i32, owner: &str) -> Graph {
        for (block, kind) in [
            ("block-work", "STANDARD"),
            ("block-webhook", "WEBHOOK"),
            ("block-manual-webhook", "WEBHOOK_MANUAL"),
        ] {
            let body = json!({ "name": block, "type": kind });
            self.service
                .put(&format!("/api/blocks/{block}"))
                .json(&body)
                .expect(200)
                .await;
        }
        let graph = Graph {
            id: id.to_owned(),
            version,
            owner: owner.to_owned(),
        };
        let path = format!("/api/graphs/{id}/versions/{version}");
        self.service_for(owner)
            .put(&path)
            .json(&graph.registration())
            .expect(200)
            .await;
        graph
    }

    /// Creates an execution of a graph for its owner; gives its id.
    pub async fn create(&self, graph: &Graph) -> String {
        self.create_for(graph, &graph.owner).await
    }

    /// Creates an execution of a graph for any user; gives its id.
    pub async fn create_for(&self, graph: &Graph, user: &str) -> String {
        let reply = self
            .service_for(user)
            .post(&graph.executions())
            .json(&graph.creation())
            .expect(201)
            .await;
        reply.text("id")
    }

    /// Creates an execution that was started by another one; gives its id.
    pub async fn create_child(&self, graph: &Graph, parent: &str) -> String {
        let mut body = graph.creation();
        body["parent_graph_exec_id"] = parent.into();
        self.service_for(&graph.owner)
            .post(&graph.executions())
            .json(&body)
            .expect(201)
            .await
            .text("id")
    }

    /// The node execution that was added to an execution first.
    pub async fn first_node(&self, execution: &str) -> String {
        let nodes = self.db.nodes(execution).await;
        nodes
            .first()
            .and_then(|node| node["id"].as_str())
            .expect("the execution has a node")
            .to_owned()
    }

    /// Creates an execution and drives it to a status, the way that an executor does.
    pub async fn create_in(&self, graph: &Graph, status: &str) -> String {
        let id = self.create(graph).await;
        self.drive(&id, status).await;
        id
    }

    /// Drives a new execution to a status.
    pub async fn drive(&self, id: &str, status: &str) {
        if matches!(status, "COMPLETED" | "REVIEW") {
            self.move_to(id, "RUNNING").await;
        }
        if status != "INCOMPLETE" {
            self.move_to(id, status).await;
        }
    }

    /// Moves an execution to a status.
    pub async fn move_to(&self, id: &str, status: &str) -> Reply {
        let path = format!("/api/executions/{id}");
        self.service
            .patch(&path)
            .json(&json!({ "status": status }))
            .expect(200)
            .await
    }
}

/// A node execution as the platform may have stored it.
#[derive(Debug, Clone, Default)]
pub struct StoredNode<'a> {
    /// The node of the graph.
    pub node: &'a str,
    /// Its `stats`, if any.
    pub stats: Option<Value>,
    /// Its `executionData`, if any.
    pub execution_data: Option<Value>,
    /// Its input rows, oldest first.
    pub inputs: Vec<(&'a str, Value)>,
    /// Its output rows, oldest first.
    pub outputs: Vec<(&'a str, Value)>,
    /// When it was queued, in seconds after the start of 2026.
    pub queued: Option<f64>,
    /// When it was added, in seconds after the start of 2026.
    pub added: f64,
}

impl Database {
    /// Stores a COMPLETED node execution, past the API.
    pub async fn store_node(&self, execution: &str, id: &str, node: &StoredNode<'_>) {
        let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
        self.execute(
            r#"INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus",
                   "executionData", stats, "addedTime", "queuedTime")
               VALUES ($1, $2, $3, 'COMPLETED', $4::text::jsonb, $5::text::jsonb,
                   timestamp '2026-01-01' + $6 * interval '1 second', timestamp '2026-01-01' + $7 * interval '1 second')"#,
            &[&id, &execution, &node.node, &text(&node.execution_data), &text(&node.stats), &node.added, &node.queued],
        )
        .await;
        for (column, rows) in [
            ("referencedByInputExecId", &node.inputs),
            ("referencedByOutputExecId", &node.outputs),
        ] {
            for (position, (name, data)) in rows.iter().enumerate() {
                let sql = format!(
                    r#"INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, time, "{column}")
                       VALUES ($1, $2, $3::text::jsonb, timestamp '2026-01-01' + $4 * interval '1 second', $5)"#
                );
                let row_id = format!("{id}-{column}-{position}");
                self.execute(&sql, &[&row_id, name, &data.to_string(), &(position as f64), &id])
                    .await;
            }
        }
    }
}
