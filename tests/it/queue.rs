//! The execution queue: first in, first out, each entry to one consumer, and back after its lease.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures::future::join_all;
use runledger_tests::{App, Graph, Reply, until};
use serde_json::{Value, json};

struct Queue<'a> {
    app: &'a App,
    path: String,
}

impl<'a> Queue<'a> {
    fn new(app: &'a App, execution: &str) -> Self {
        Self {
            app,
            path: format!("/api/executions/{execution}/queue"),
        }
    }

    async fn add(&self, node: &str) -> Value {
        let body = json!({ "node_exec_id": node });
        self.app.service.post(&self.path).json(&body).expect(201).await.json()
    }

    async fn take(&self, query: &str) -> Option<Value> {
        let path = format!("{}/pop{query}", self.path);
        let reply: Reply = self.app.service.post(&path).send().await.expect("an answer");
        match reply.status {
            200 => Some(reply.json()),
            204 => {
                assert!(reply.body.is_empty(), "{reply}");
                None
            }
            _ => panic!("{reply}"),
        }
    }

    async fn ack(&self, entry: &Value, status: u16) {
        let path = format!("{}/{}/ack", self.path, entry["id"].as_str().unwrap());
        self.app.service.post(&path).expect(status).await;
    }

    async fn length(&self) -> u64 {
        let state = self.app.service.get(&self.path).expect(200).await.json();
        let length = state["length"].as_u64().unwrap();
        assert_eq!(state, json!({ "empty": length == 0, "length": length }));
        length
    }
}

fn node(entry: &Value) -> &str {
    entry["node_exec_id"].as_str().unwrap()
}

/// An execution with this many nodes besides its first; gives it and the nodes.
async fn with_nodes(app: &App, graph: &Graph, count: usize) -> (String, Vec<String>) {
    let execution = app.create(graph).await;
    let mut nodes = Vec::new();
    for number in 0..count {
        let id = format!("{execution}-{number:04}");
        app.db
            .execute(
                r#"INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus",
                       "executionData")
                   VALUES ($1, $2, $3, 'QUEUED', jsonb_build_object('number', $4::text))"#,
                &[&id, &execution, &graph.node("work"), &number.to_string()],
            )
            .await;
        nodes.push(id);
    }
    (execution, nodes)
}

#[tokio::test]
async fn an_entry_carries_its_node_execution_and_a_context_with_the_platforms_defaults() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, nodes) = with_nodes(&app, &graph, 2).await;
    let queue = Queue::new(&app, &execution);
    let context = json!({
        "user_id": null, "graph_id": null, "graph_exec_id": null, "graph_version": null, "node_id": null,
        "node_exec_id": null, "human_in_the_loop_safe_mode": true, "sensitive_action_safe_mode": false,
        "user_timezone": "UTC", "root_execution_id": null, "parent_execution_id": null, "workspace_id": null,
        "session_id": null,
    });
    let added = queue.add(&nodes[0]).await;
    let expected = |added: &Value, node: &str, number: &str, context: &Value| {
        json!({
            "id": added["id"], "leased_until": added["leased_until"], "user_id": "ann", "graph_exec_id": execution,
            "graph_id": "weather", "graph_version": 1, "node_exec_id": node, "node_id": graph.node("work"),
            "block_id": "block-work", "inputs": { "number": number }, "execution_context": context,
        })
    };
    assert_eq!(added, expected(&added, &nodes[0], "0", &context));
    assert_eq!(added["leased_until"], Value::Null);
    let taken = queue.take("").await.expect("there is one");
    assert_eq!(taken, expected(&taken, &nodes[0], "0", &context));
    assert!(taken["leased_until"].is_string());

    let mut given = context.clone();
    for (name, value) in [
        ("user_id", json!("ann")),
        ("graph_version", json!(1)),
        ("human_in_the_loop_safe_mode", json!(false)),
        ("sensitive_action_safe_mode", json!(true)),
        ("user_timezone", json!("Europe/Brussels")),
        ("root_execution_id", json!("root")),
        ("workspace_id", json!("w")),
    ] {
        given[name] = value;
    }
    let body = json!({ "node_exec_id": nodes[1], "execution_context": given });
    let reply = app.service.post(&queue.path).json(&body).expect(201).await;
    assert_eq!(reply.header("location"), Some(queue.path.as_str()));
    let taken = queue.take("").await.expect("there is one");
    assert_eq!(taken, expected(&taken, &nodes[1], "1", &given));
    let partial =
        json!({ "node_exec_id": nodes[1], "execution_context": { "user_timezone": null, "session_id": "s" } });
    let reply = app.service.post(&queue.path).json(&partial).expect(201).await.json();
    let mut expected = context;
    expected["session_id"] = json!("s");
    assert_eq!(reply["execution_context"], expected, "null stands for the default");
}

#[tokio::test]
async fn first_in_is_first_out_and_what_is_taken_is_not_in_the_queue() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, nodes) = with_nodes(&app, &graph, 5).await;
    let queue = Queue::new(&app, &execution);
    assert_eq!((queue.length().await, queue.take("").await), (0, None));
    for node in nodes.iter().rev() {
        queue.add(node).await;
    }
    assert_eq!(queue.length().await, 5);
    for (left, expected) in (0..5).rev().zip(nodes.iter().rev()) {
        let entry = queue.take("?wait=5").await.expect("there is one");
        assert_eq!(node(&entry), expected);
        assert_eq!(queue.length().await, left);
        queue.ack(&entry, 204).await;
        queue.ack(&entry, 404).await;
    }
    assert_eq!(queue.take("?wait=0").await, None);
}

#[tokio::test]
async fn each_execution_has_a_queue_of_its_own() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (one, nodes) = with_nodes(&app, &graph, 1).await;
    let (other, _) = with_nodes(&app, &graph, 1).await;
    let (queue, others) = (Queue::new(&app, &one), Queue::new(&app, &other));
    queue.add(&nodes[0]).await;
    assert_eq!((others.length().await, others.take("").await), (0, None));
    let entry = queue.take("").await.expect("there is one");
    others.ack(&entry, 404).await;
    queue.ack(&entry, 204).await;
}

#[tokio::test]
async fn of_many_consumers_at_once_each_entry_goes_to_one() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, nodes) = with_nodes(&app, &graph, 120).await;
    let queue = Queue::new(&app, &execution);
    for node in &nodes {
        queue.add(node).await;
    }
    let consumer = async || {
        let mut seen = Vec::new();
        while let Some(entry) = queue.take("").await {
            queue.ack(&entry, 204).await;
            seen.push(node(&entry).to_owned());
        }
        seen
    };
    let seen = join_all((0..24).map(|_| consumer())).await;
    for mine in &seen {
        assert!(mine.is_sorted(), "each consumer sees the order of arrival: {mine:?}");
    }
    let mut all: Vec<String> = seen.into_iter().flatten().collect();
    all.sort();
    assert_eq!(all, nodes);
    assert_eq!(
        app.db.number("SELECT count(*) FROM runledger.queue_entries", &[]).await,
        0
    );
}

#[tokio::test]
async fn what_a_dead_consumer_took_comes_back_to_its_place_after_the_lease() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, nodes) = with_nodes(&app, &graph, 2).await;
    let queue = Queue::new(&app, &execution);
    for node in &nodes {
        queue.add(node).await;
    }
    let lost = queue.take("?lease_seconds=1").await.expect("there is one");
    assert_eq!(node(&lost), nodes[0]);
    assert_eq!(queue.length().await, 1);
    until("the lease is over", || async {
        (queue.length().await == 2).then_some(())
    })
    .await;
    let again = queue.take("").await.expect("it is back");
    assert_eq!(node(&again), nodes[0], "at its old place, before what came later");
    assert_ne!(again["id"], lost["id"]);
    queue.ack(&lost, 404).await;
    queue.ack(&again, 204).await;
    let next = queue.take("").await.expect("there is one");
    assert_eq!(node(&next), nodes[1]);
}

#[tokio::test]
async fn who_comes_late_but_before_anybody_else_still_acknowledges() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, nodes) = with_nodes(&app, &graph, 1).await;
    let queue = Queue::new(&app, &execution);
    let added = queue.add(&nodes[0]).await;
    queue.ack(&added, 404).await;
    let late = queue.take("?lease_seconds=1").await.expect("there is one");
    until("the lease is over", || async {
        (queue.length().await == 1).then_some(())
    })
    .await;
    queue.ack(&late, 204).await;
    assert_eq!(queue.take("").await, None, "the work was done: nobody does it again");
}

#[tokio::test]
async fn a_lease_lasts_as_long_as_it_says_and_300_seconds_when_it_says_nothing() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, nodes) = with_nodes(&app, &graph, 1).await;
    let queue = Queue::new(&app, &execution);
    for (query, seconds) in [
        ("", 300.0),
        ("?lease_seconds=86400", 86_400.0),
        ("?lease_seconds=7&wait=3", 7.0),
    ] {
        queue.add(&nodes[0]).await;
        let entry = queue.take(query).await.expect("there is one");
        let sql = "SELECT extract(epoch FROM leased_until - clock_timestamp())::float8 AS left
                   FROM runledger.queue_entries";
        let left = app.db.row(sql, &[]).await["left"].as_f64().unwrap();
        assert!((seconds - 5.0..=seconds).contains(&left), "{query}: {left}");
        queue.ack(&entry, 204).await;
    }
    for (query, name) in [
        ("wait=21", "wait"),
        ("wait=-1", "wait"),
        ("wait=1.5", "wait"),
        ("lease_seconds=0", "lease_seconds"),
        ("lease_seconds=86401", "lease_seconds"),
        ("timeout=1", "timeout"),
    ] {
        let reply = app
            .service
            .post(&format!("{}/pop?{query}", queue.path))
            .expect(422)
            .await;
        reply.expect_pointers(&[&format!("/query/{name}")]);
    }
}

#[tokio::test]
async fn who_waits_gets_what_arrives_meanwhile() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, nodes) = with_nodes(&app, &graph, 24).await;
    let queue = Queue::new(&app, &execution);
    let began = Instant::now();
    let producer = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        for node in &nodes {
            queue.add(node).await;
        }
    };
    let consumers = join_all((0..24).map(|_| queue.take("?wait=20")));
    let (taken, ()) = futures::join!(consumers, producer);
    let mut counts = BTreeMap::new();
    for entry in taken {
        *counts
            .entry(node(&entry.expect("one for each")).to_owned())
            .or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 24, "no entry went to two");
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "they did not wait to the end"
    );
}

#[tokio::test]
async fn who_waits_in_vain_hears_so_in_time() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, _) = with_nodes(&app, &graph, 0).await;
    let began = Instant::now();
    assert_eq!(Queue::new(&app, &execution).take("?wait=1").await, None);
    let waited = began.elapsed();
    assert!(
        (Duration::from_millis(990)..Duration::from_secs(10)).contains(&waited),
        "{waited:?}"
    );
}

#[tokio::test]
async fn a_key_makes_a_taking_happen_once_but_does_not_remember_an_empty_queue() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, nodes) = with_nodes(&app, &graph, 2).await;
    let queue = Queue::new(&app, &execution);
    let pop = app.service.post(&format!("{}/pop", queue.path)).key("taking");
    pop.clone().expect(204).await;
    for node in &nodes {
        queue.add(node).await;
    }
    let first = pop.clone().expect(200).await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = pop.expect(200).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    assert_eq!(queue.length().await, 1);
}

#[tokio::test]
async fn what_is_queued_has_to_be_a_node_execution_of_the_execution() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, nodes) = with_nodes(&app, &graph, 1).await;
    let (_, others) = with_nodes(&app, &graph, 1).await;
    let queue = Queue::new(&app, &execution);
    let before = app.db.snapshot().await;
    for (body, pointer) in [
        (json!({ "node_exec_id": others[0] }), "/node_exec_id"),
        (json!({ "node_exec_id": "no-such-node" }), "/node_exec_id"),
        (json!({}), "/node_exec_id"),
        (json!({ "node_exec_id": nodes[0], "priority": 1 }), "/priority"),
        (
            json!({ "node_exec_id": nodes[0], "execution_context": [] }),
            "/execution_context",
        ),
        (
            json!({ "node_exec_id": nodes[0], "execution_context": { "safe": true } }),
            "/execution_context/safe",
        ),
        (
            json!({ "node_exec_id": nodes[0], "execution_context": { "graph_version": "1" } }),
            "/execution_context/graph_version",
        ),
    ] {
        let reply = app.service.post(&queue.path).json(&body).expect(422).await;
        reply.expect_pointers(&[pointer]);
    }
    for (caller, id) in [
        (app.service.clone(), "no-such-execution"),
        (app.service_for("bob"), execution.as_str()),
    ] {
        let path = format!("/api/executions/{id}/queue");
        let body = json!({ "node_exec_id": nodes[0] });
        caller.post(&path).json(&body).expect(404).await;
        caller.post(&format!("{path}/pop?wait=20")).expect(404).await;
        caller.post(&format!("{path}/some-entry/ack")).expect(404).await;
        caller.get(&path).expect(404).await;
    }
    app.db.expect_unchanged(&before, "what cannot be queued").await;
}

#[tokio::test]
async fn another_tenants_service_neither_takes_nor_acknowledges() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, nodes) = with_nodes(&app, &graph, 1).await;
    let queue = Queue::new(&app, &execution);
    queue.add(&nodes[0]).await;
    app.service_for("bob")
        .post(&format!("{}/pop", queue.path))
        .expect(404)
        .await;
    let entry = queue.take("").await.expect("it is still there");
    let ack = format!("{}/{}/ack", queue.path, entry["id"].as_str().unwrap());
    app.service_for("bob").post(&ack).expect(404).await;
    app.service_for("ann").post(&ack).expect(204).await;
}

#[tokio::test]
async fn the_queue_of_a_removed_execution_is_gone() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, nodes) = with_nodes(&app, &graph, 3).await;
    let queue = Queue::new(&app, &execution);
    for node in &nodes {
        queue.add(node).await;
    }
    let path = format!("/api/executions/{execution}");
    app.user("ann").delete(&path).expect(204).await;
    app.service.get(&queue.path).expect(404).await;
    app.user("ann").post(&format!("{path}/restore")).expect(200).await;
    assert_eq!(queue.length().await, 3);
    app.user("ann").delete(&format!("{path}?hard=true")).expect(204).await;
    assert_eq!(
        app.db.number("SELECT count(*) FROM runledger.queue_entries", &[]).await,
        0
    );
}
