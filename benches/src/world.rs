//! What is there when measuring begins: a graph with its blocks, and finished executions of it. All of it is made through
//! the API.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::{
    client::{Caller, Client, request},
    token,
};

/// Finished executions.
const EXECUTIONS: usize = 1000;
/// Running node executions: more than there are connections, so that each connection finds a free one.
const NODES: usize = 256;
/// Executions that are shared.
const SHARED: usize = 200;
/// Executions of one import.
const BATCH: usize = 200;

const OWNER: &str = "bench-owner";
pub(crate) const GRAPH: &str = "bench-graph";
/// The platform's blocks for a graph's inputs and outputs, known from the start.
const INPUT_BLOCK: &str = "c0a8e994-ebf1-4a9c-a4d8-89d09c86741b";
const OUTPUT_BLOCK: &str = "363ae599-353e-4804-937e-b2ee3cef3da4";

/// Who calls, and what there is.
pub(crate) struct World {
    /// The owner of the executions.
    pub(crate) owner: Caller,
    /// The executor, which acts for the owner.
    pub(crate) executor: Caller,
    /// The finished executions' ids.
    pub(crate) executions: Vec<String>,
    /// The ids of node executions that are running.
    pub(crate) nodes: Vec<String>,
    /// Share links of some of them.
    pub(crate) links: Vec<String>,
}

impl World {
    /// Fills an empty application.
    pub(crate) async fn build(secret: &str, address: SocketAddr) -> Result<Self> {
        let mut world = Self {
            owner: Caller {
                token: token::sign(secret, OWNER, "user")?,
                acting_for: None,
            },
            executor: Caller {
                token: token::sign(secret, "bench-executor", "service")?,
                acting_for: Some(OWNER.to_owned()),
            },
            executions: Vec::new(),
            nodes: Vec::new(),
            links: Vec::new(),
        };
        let mut client = Client::connect(address).await?;
        world.register_graph(&mut client).await?;
        for start in (0..EXECUTIONS).step_by(BATCH) {
            let batch: Vec<Value> = (start..start + BATCH).map(finished_execution).collect();
            let import = world.by_executor("POST", "/api/executions/batch", &json!(batch));
            let reply: Value = serde_json::from_slice(client.expect(&import, 201).await?.body)?;
            let ids = reply["ids"].as_array().context("an import answers with ids")?;
            world
                .executions
                .extend(ids.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        for _ in 0..NODES {
            let node = world.running_node(&mut client).await?;
            world.nodes.push(node);
        }
        for id in &world.executions[..SHARED] {
            let path = format!("/api/graphs/{GRAPH}/executions/{id}/share");
            let share = request(&world.owner, "POST", &path, None);
            let reply: Value = serde_json::from_slice(client.expect(&share, 200).await?.body)?;
            let link = reply["share_url"].as_str().context("a share answers with its link")?;
            world.links.push(link.to_owned());
        }
        Ok(world)
    }

    /// Creates an execution and starts its node; gives the node execution's id.
    async fn running_node(&self, client: &mut Client) -> Result<String> {
        let created: Value = serde_json::from_slice(client.expect(&self.creation(), 201).await?.body)?;
        let node = created["node_executions"][0]["node_exec_id"].as_str();
        let node = node.context("an execution answers with its nodes")?.to_owned();
        let path = format!("/api/node-executions/{node}");
        let start = self.by_executor("PATCH", &path, &json!({ "status": "RUNNING" }));
        client.expect(&start, 200).await?;
        Ok(node)
    }

    /// The request that creates an execution.
    pub(crate) fn creation(&self) -> Vec<u8> {
        let body = json!({
            "graph_version": 1,
            "inputs": { "city": "Ghent" },
            "starting_nodes_input": [{ "node_id": "bench-in", "input": { "name": "city", "value": "Ghent" } }],
        });
        self.by_executor("POST", &format!("/api/graphs/{GRAPH}/executions"), &body)
    }

    fn by_executor(&self, method: &str, path: &str, body: &Value) -> Vec<u8> {
        request(&self.executor, method, path, Some(&body.to_string()))
    }

    async fn register_graph(&self, client: &mut Client) -> Result<()> {
        for (block, kind) in [("bench-fetch", "STANDARD"), ("bench-tell", "AI")] {
            let body = json!({ "name": block, "type": kind });
            let put = self.by_executor("PUT", &format!("/api/blocks/{block}"), &body);
            client.expect(&put, 200).await?;
        }
        let node = |id: &str, block: &str| json!({ "id": id, "block_id": block });
        let link = |source: &str, sink: &str| json!({ "source_id": source, "sink_id": sink, "source_name": "result", "sink_name": "value" });
        let graph = json!({
            "name": "Weather",
            "description": "Tells the weather of a city.",
            "nodes": [
                node("bench-in", INPUT_BLOCK), node("bench-fetch", "bench-fetch"), node("bench-tell", "bench-tell"),
                node("bench-out", OUTPUT_BLOCK),
            ],
            "links": [link("bench-in", "bench-fetch"), link("bench-fetch", "bench-tell"), link("bench-tell", "bench-out")],
        });
        let put = self.by_executor("PUT", &format!("/api/graphs/{GRAPH}/versions/1"), &graph);
        client.expect(&put, 200).await?;
        Ok(())
    }
}

/// An execution as a real run leaves it: four nodes, each with its inputs and outputs.
fn finished_execution(number: usize) -> Value {
    let city = format!("City {number}");
    let report = format!("In {city} it is 17 degrees with a light wind from the west, and it stays dry until evening.");
    let node = |id: &str, second: u32, input: Value, output: Value| {
        json!({
            "node_id": id, "status": "COMPLETED", "input_data": input, "output_data": output,
            "add_time": format!("2026-01-02T03:04:0{second}.000Z"),
            "queue_time": format!("2026-01-02T03:04:0{second}.010Z"),
            "start_time": format!("2026-01-02T03:04:0{second}.020Z"),
            "end_time": format!("2026-01-02T03:04:0{second}.900Z"),
        })
    };
    json!({
        "user_id": OWNER, "graph_id": GRAPH, "graph_version": 1, "status": "COMPLETED",
        "created_at": "2026-01-02T03:04:00.000Z", "started_at": "2026-01-02T03:04:01.000Z",
        "ended_at": "2026-01-02T03:04:05.000Z",
        "inputs": { "city": city },
        "stats": {
            "cost": 12, "walltime": 3.25, "cputime": 0.75, "nodes_walltime": 3.125, "nodes_cputime": 0.625,
            "node_count": 4, "node_error_count": 0, "error": null,
            "activity_status": "It told the weather.", "correctness_score": 0.95,
        },
        "node_executions": [
            node("bench-in", 1, json!({ "name": "city", "value": city }), json!({ "result": [city] })),
            node("bench-fetch", 2, json!({ "city": city }), json!({ "result": [{ "degrees": 17, "wind": "west" }] })),
            node("bench-tell", 3, json!({ "weather": { "degrees": 17, "wind": "west" } }), json!({ "result": [report] })),
            node("bench-out", 4, json!({ "name": "report", "value": report }), json!({ "output": [report] })),
        ],
    })
}
