//! What callers sent is carried as it is, by every route that takes it: numbers keep their digits, and what no database can
//! hold is the caller's fault. And a statement that waits holds up no other request of its instance.

use futures::future::join_all;
use runledger_tests::{App, Client, Graph, Request, until};
use serde_json::json;

/// More than a double holds.
const DIGITS: [&str; 2] = [
    "123456789012345678901234567890",
    "3.14159265358979323846264338327950288",
];

/// Rows of the platform's tables that hold both numbers and this text.
const HOLDING: &str = r#"
    SELECT count(*) FROM (
        SELECT to_jsonb(t)::text AS row FROM "AgentGraphExecution" AS t
        UNION ALL SELECT to_jsonb(t)::text FROM "AgentNodeExecution" AS t
        UNION ALL SELECT to_jsonb(t)::text FROM "AgentNodeExecutionInputOutput" AS t
        UNION ALL SELECT to_jsonb(t)::text FROM "AgentNodeExecutionKeyValueData" AS t
        UNION ALL SELECT to_jsonb(t)::text FROM "AgentNode" AS t
        UNION ALL SELECT to_jsonb(t)::text FROM "AgentBlock" AS t
        UNION ALL SELECT to_jsonb(t)::text FROM "CreditTransaction" AS t
    ) AS stored
    WHERE row LIKE '%' || $1 || '%' AND row LIKE '%' || $2 || '%' AND row LIKE '%' || $3 || '%'"#;

/// Where the value stands in a body.
const HERE: &str = "$value";

/// A place of a route's body that takes what callers like.
struct Place {
    /// Method and path.
    route: (&'static str, String),
    /// The body, with [`HERE`] where the value goes.
    body: String,
}

impl Place {
    fn new(method: &'static str, path: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            route: (method, path.into()),
            body: body.into(),
        }
    }

    fn request(&self, caller: &Client, value: &str) -> Request {
        let (method, path) = &self.route;
        caller
            .request(method.parse().unwrap(), path)
            .body("application/json", self.body.replace(HERE, value))
    }

    fn is_method(&self) -> bool {
        self.route.1.starts_with("/rpc/")
    }
}

/// Every place, for a graph and an execution of it with five queued nodes.
async fn places(app: &App, graph: &Graph) -> Vec<Place> {
    let mut creation = graph.creation();
    let start = json!({ "node_id": graph.node("work"), "input": { "city": "Ghent" } });
    creation["starting_nodes_input"] = json!([start, start, start, start, start]);
    let made = app.service_for("ann").post(&graph.executions()).json(&creation);
    let id = made.expect(201).await.text("id");
    let nodes: Vec<String> = app
        .db
        .nodes(&id)
        .await
        .iter()
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect();
    let work = graph.node("work");
    let with = |member: &str| {
        format!(r#"{{"graph_version":1,"inputs":{{}},"starting_nodes_input":[],"{member}":{{"a":{HERE}}}}}"#)
    };
    let import = |members: &str| {
        format!(r#"[{{"user_id":"ann","graph_id":"weather","graph_version":1,"status":"FAILED",{members}}}]"#)
    };
    let imported_node = |member: &str, value: &str| {
        let node = format!(r#"{{"node_id":"{work}","status":"FAILED","{member}":{{"a":{value}}}}}"#);
        import(&format!(r#""node_executions":[{node}]"#))
    };
    let credits = |amount: &str| format!(r#"{{"user_id":"ann","{amount}":1,"metadata":{{"a":{HERE}}}}}"#);
    let method_creation = |members: &str| {
        format!(r#"{{"graph_id":"weather","graph_version":1,"user_id":"ann","starting_nodes_input":[],{members}}}"#)
    };
    vec![
        Place::new(
            "POST",
            graph.executions(),
            format!(r#"{{"graph_version":1,"inputs":{{"a":{HERE}}},"starting_nodes_input":[]}}"#),
        ),
        Place::new("POST", graph.executions(), with("credential_inputs")),
        Place::new("POST", graph.executions(), with("nodes_input_masks")),
        Place::new(
            "POST",
            graph.executions(),
            format!(
                r#"{{"graph_version":1,"inputs":{{}},"starting_nodes_input":[{{"node_id":"{work}","input":{{"a":{HERE}}}}}]}}"#
            ),
        ),
        Place::new(
            "POST",
            "/api/executions/batch",
            import(&format!(r#""inputs":{{"a":{HERE}}}"#)),
        ),
        Place::new(
            "POST",
            "/api/executions/batch",
            import(&format!(r#""stats":{{"a":{HERE}}}"#)),
        ),
        Place::new("POST", "/api/executions/batch", imported_node("input_data", HERE)),
        Place::new(
            "POST",
            "/api/executions/batch",
            imported_node("output_data", &format!("[{HERE}]")),
        ),
        Place::new(
            "PATCH",
            format!("/api/executions/{id}"),
            format!(r#"{{"stats":{{"a":{HERE}}}}}"#),
        ),
        Place::new(
            "POST",
            format!("/api/executions/{id}/nodes/{work}/inputs"),
            format!(r#"{{"name":"carried","data":{HERE}}}"#),
        ),
        Place::new(
            "POST",
            format!("/api/node-executions/{}/outputs", nodes[0]),
            format!(r#"{{"name":"carried","data":{HERE}}}"#),
        ),
        Place::new(
            "PATCH",
            format!("/api/node-executions/{}", nodes[0]),
            format!(r#"{{"status":"RUNNING","stats":{{"a":{HERE}}}}}"#),
        ),
        Place::new(
            "PATCH",
            format!("/api/node-executions/{}", nodes[1]),
            format!(r#"{{"status":"RUNNING","execution_data":{{"a":{HERE}}}}}"#),
        ),
        Place::new(
            "PATCH",
            "/api/node-executions",
            format!(
                r#"{{"ids":["{}"],"status":"RUNNING","stats":{{"a":{HERE}}}}}"#,
                nodes[2]
            ),
        ),
        Place::new(
            "PUT",
            "/api/kv/carried",
            format!(r#"{{"node_exec_id":"n","data":{HERE}}}"#),
        ),
        Place::new(
            "PUT",
            "/api/graphs/other/versions/1",
            format!(
                r#"{{"name":"n","nodes":[{{"id":"one","block_id":"block-work","metadata":{{"a":{HERE}}}}}],"links":[]}}"#
            ),
        ),
        Place::new(
            "PUT",
            "/api/graphs/another/versions/1",
            format!(
                r#"{{"name":"n","nodes":[{{"id":"two","block_id":"block-work","constant_input":{{"a":{HERE}}}}}],"links":[]}}"#
            ),
        ),
        Place::new(
            "PUT",
            "/api/blocks/one",
            format!(r#"{{"name":"n","type":"AI","input_schema":{{"a":{HERE}}}}}"#),
        ),
        Place::new(
            "PUT",
            "/api/blocks/two",
            format!(r#"{{"name":"m","type":"AI","output_schema":{{"a":{HERE}}}}}"#),
        ),
        Place::new("POST", "/api/credits/spend", credits("cost")),
        Place::new("POST", "/api/credits/grants", credits("amount")),
        Place::new("POST", "/api/credits/top-ups", credits("amount")),
        Place::new(
            "POST",
            "/rpc/create_graph_execution",
            method_creation(&format!(r#""inputs":{{"a":{HERE}}}"#)),
        ),
        Place::new(
            "POST",
            "/rpc/create_graph_execution",
            format!(
                r#"{{"graph_id":"weather","graph_version":1,"user_id":"ann","inputs":{{}},"starting_nodes_input":[["{work}",{{"a":{HERE}}}]]}}"#
            ),
        ),
        Place::new(
            "POST",
            "/rpc/update_graph_execution_stats",
            format!(r#"{{"graph_exec_id":"{id}","stats":{{"b":{HERE}}}}}"#),
        ),
        Place::new(
            "POST",
            "/rpc/upsert_execution_input",
            format!(r#"{{"node_id":"{work}","graph_exec_id":"{id}","input_name":"by-method","input_data":{HERE}}}"#),
        ),
        Place::new(
            "POST",
            "/rpc/upsert_execution_output",
            format!(
                r#"{{"node_exec_id":"{}","output_name":"by-method","output_data":{HERE}}}"#,
                nodes[0]
            ),
        ),
        Place::new(
            "POST",
            "/rpc/update_node_execution_status",
            format!(
                r#"{{"node_exec_id":"{}","status":"RUNNING","execution_data":{{"a":{HERE}}}}}"#,
                nodes[3]
            ),
        ),
        Place::new(
            "POST",
            "/rpc/update_node_execution_status_batch",
            format!(
                r#"{{"node_exec_ids":["{}"],"status":"RUNNING","stats":{{"a":{HERE}}}}}"#,
                nodes[4]
            ),
        ),
        Place::new(
            "POST",
            "/rpc/set_execution_kv_data",
            format!(r#"{{"user_id":"ann","node_exec_id":"n","key":"by-method","data":{HERE}}}"#),
        ),
        Place::new("POST", "/rpc/spend_credits", credits("cost")),
    ]
}

async fn world() -> (App, Vec<Place>) {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let given = json!({ "user_id": "ann", "amount": 100 });
    app.service.post("/api/credits/grants").json(&given).expect(200).await;
    let places = places(&app, &graph).await;
    (app, places)
}

#[tokio::test]
async fn numbers_keep_their_digits_on_every_route() {
    let (app, places) = world().await;
    let caller = app.service_for("ann");
    for (number, place) in places.iter().enumerate() {
        let marker = format!("mark-{number}-");
        let value = format!(r#"{{"mark":"{marker}","big":{},"precise":[{}]}}"#, DIGITS[0], DIGITS[1]);
        let reply = place.request(&caller, &value).send().await.unwrap();
        assert!(matches!(reply.status, 200 | 201 | 204), "{:?}: {reply}", place.route);
        let holding = app.db.number(HOLDING, &[&marker, &DIGITS[0], &DIGITS[1]]).await;
        assert!(holding > 0, "{:?} lost digits of {}", place.route, place.body);
        // Whoever shows it, shows all of it.
        let shown = String::from_utf8_lossy(&reply.body);
        let lost = shown.contains(&marker) && !DIGITS.iter().all(|digits| shown.contains(digits));
        assert!(!lost, "{:?} shows less: {reply}", place.route);
    }
    for path in ["/api/executions?limit=100", "/api/kv/carried", "/api/kv/by-method"] {
        let shown = app.user("ann").get(path).expect(200).await;
        let shown = String::from_utf8_lossy(&shown.body).into_owned();
        assert!(DIGITS.iter().all(|digits| shown.contains(digits)), "{path}: {shown}");
    }
}

#[tokio::test]
async fn half_a_character_is_invalid_on_every_route_and_changes_nothing() {
    let (app, places) = world().await;
    let caller = app.service_for("ann");
    let before = app.db.snapshot().await;
    for place in &places {
        for value in [r#""\ud800""#, r#"{"\udc00":1}"#, r#"["fine",{"deep":"a\ud83db"}]"#] {
            let status = if place.is_method() { 400 } else { 422 };
            place.request(&caller, value).expect(status).await;
        }
    }
    app.db.expect_unchanged(&before, "half a character").await;
}

#[tokio::test]
async fn a_statement_that_waits_holds_up_no_other_request() {
    const WAITING: usize = 8;
    let app = App::start().await;
    for user in ["ann", "bob"] {
        let given = json!({ "user_id": user, "amount": 100 });
        app.service.post("/api/credits/grants").json(&given).expect(200).await;
    }
    let holder = app.db.transaction().await;
    let lock = r#"SELECT FROM "UserBalance" WHERE "userId" = 'ann' FOR UPDATE"#;
    holder.query(lock, &[]).await.unwrap();

    let spend = json!({ "user_id": "ann", "cost": 1 });
    let waiting = join_all((0..WAITING).map(|_| app.service.post("/api/credits/spend").json(&spend).expect(200)));
    let others = async {
        let at_the_lock = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%UserBalance%'";
        let everybody = i64::try_from(WAITING).unwrap();
        until("all of them wait for the lock", async || {
            (app.db.number(at_the_lock, &[]).await == everybody).then_some(())
        })
        .await;
        let credits = app.user("bob").get("/api/credits").expect(200).await.json();
        assert_eq!(credits, json!({ "credits": 100 }));
        let of_bob = json!({ "user_id": "bob", "cost": 30 });
        let left = app.service.post("/api/credits/spend").json(&of_bob).expect(200).await;
        assert_eq!(left.json()["balance"], 70);
        holder.batch_execute("COMMIT").await.unwrap();
    };
    tokio::join!(waiting, others);
    let credits = app.user("ann").get("/api/credits").expect(200).await.json();
    assert_eq!(credits, json!({ "credits": 92 }));
}
