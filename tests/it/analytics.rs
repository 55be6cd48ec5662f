//! Scoring runs with a language model: what is asked of it, what its answers come to, and what is stored.

use std::time::Duration;

use runledger_tests::{App, Behaviour, Builder, Graph, Llm};
use serde_json::{Value, json};

pub(crate) const ANALYTICS: &str = "/api/executions/admin/execution_analytics";

/// An application whose models are this server.
pub(crate) fn with_models(llm: &Llm) -> Builder {
    let openai = json!({ "api_key": "key-of-the-tests", "base_url": format!("{}/v1/", llm.url()) });
    let providers = json!({ "openai": openai });
    App::builder()
        .variable("llm_providers", &providers.to_string())
        .variable("llm_host", llm.url())
        .variable("llm_timeout_seconds", "2")
}

/// Has the executions of a graph scored; the report.
pub(crate) async fn score(app: &App, graph: &Graph, more: Value) -> Value {
    let mut body = json!({ "graph_id": graph.id });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.admin.post(ANALYTICS).json(&body).expect(200).await.json()
}

async fn stats(app: &App, id: &str) -> Value {
    app.db.execution(id).await["stats"].clone()
}

#[tokio::test]
async fn the_configuration_lists_models_and_prompts() {
    let app = App::start().await;
    let config = app.admin.get(&format!("{ANALYTICS}/config")).expect(200).await.json();
    let models = config["available_models"].as_array().unwrap();
    assert!(models.len() >= 40);
    let order: Vec<_> = models
        .iter()
        .map(|model| (model["provider"].as_str().unwrap(), model["label"].as_str().unwrap()))
        .collect();
    assert!(order.is_sorted());
    assert!(models.contains(&json!({
        "value": "gpt-4o-mini", "label": "OpenAI: GPT 4o Mini (Recommended)", "provider": "openai",
    })));
    assert_eq!(config["recommended_model"], "gpt-4o-mini");
    assert!(
        config["default_user_prompt"]
            .as_str()
            .unwrap()
            .contains("{{EXECUTION_DATA}}")
    );
    assert!(config["default_system_prompt"].as_str().unwrap().contains("0.8 to 1.0"));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_changes_nothing() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    app.create_in(&graph, "COMPLETED").await;
    let before = app.db.snapshot().await;
    for (body, pointer) in [
        (json!({ "graph_id": "weather", "batch_size": 0 }), "/batch_size"),
        (json!({ "graph_id": "weather", "batch_size": 26 }), "/batch_size"),
        (json!({ "graph_id": "weather", "graph_version": -1 }), "/graph_version"),
        (json!({ "graph_id": "weather", "model_name": "gpt-1" }), "/model_name"),
        (
            json!({ "graph_id": "weather", "created_after": "yesterday" }),
            "/created_after",
        ),
        (json!({ "graph_id": "weather", "other": 1 }), "/other"),
        (
            json!({ "graph_id": "weather", "user_prompt": "{{EXECUTION_DATA}} {{EXECUTION_DATA}}" }),
            "/user_prompt",
        ),
        (json!({}), "/graph_id"),
    ] {
        let reply = app.admin.post(ANALYTICS).json(&body).expect(422).await;
        reply.expect_pointers(&[pointer]);
    }
    let reply = app.admin_for("bob").post(ANALYTICS);
    let reply = reply.json(&json!({ "graph_id": "weather", "user_id": "ann" }));
    // There is no key: nothing else is looked at.
    reply.clone().expect(503).await;
    let unset = app
        .admin
        .post(ANALYTICS)
        .json(&json!({ "graph_id": "weather" }))
        .expect(503)
        .await;
    assert!(unset.text("detail").contains("llm_providers"), "{unset}");
    app.db.expect_unchanged(&before, "what was refused").await;
}

#[tokio::test]
async fn a_user_that_contradicts_the_header_is_refused() {
    let llm = Llm::start(Behaviour::Score(1.0)).await;
    let app = with_models(&llm).start().await;
    let body = json!({ "graph_id": "weather", "user_id": "ann" });
    let reply = app.admin_for("bob").post(ANALYTICS).json(&body).expect(422).await;
    reply.expect_pointers(&["/user_id"]);
}

#[tokio::test]
async fn finished_executions_are_scored_and_the_others_left_alone() {
    let llm = Llm::start(Behaviour::Score(0.75)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    let completed = app.create_in(&graph, "COMPLETED").await;
    let failed = app.create_in(&graph, "FAILED").await;
    let of_bob = app.create_for(&graph, "bob").await;
    app.drive(&of_bob, "TERMINATED").await;
    let running = app.create_in(&graph, "RUNNING").await;
    let deleted = app.create_in(&graph, "COMPLETED").await;
    app.user("ann")
        .delete(&format!("/api/executions/{deleted}"))
        .expect(204)
        .await;
    let scored = app.create_in(&graph, "COMPLETED").await;
    let set_stats = r#"UPDATE "AgentGraphExecution" SET stats = $2 WHERE id = $1"#;
    let known = json!({ "activity_status": "I was there.", "correctness_score": 0.1 });
    app.db.execute(set_stats, &[&scored, &known]).await;
    app.db
        .execute(set_stats, &[&completed, &json!({ "cost": 12, "custom": [1] })])
        .await;

    let report = score(&app, &graph, json!({ "user_id": "ann" })).await;
    assert_eq!(
        (
            &report["total_executions"],
            &report["processed_executions"],
            &report["skipped_executions"]
        ),
        (&json!(3), &json!(2), &json!(1))
    );
    assert_eq!(
        (&report["successful_analytics"], &report["failed_analytics"]),
        (&json!(2), &json!(0))
    );
    let result = |id: &str| {
        let results = report["results"].as_array().unwrap();
        results.iter().find(|result| result["exec_id"] == id).cloned().unwrap()
    };
    let fresh = result(&completed);
    assert!(fresh["started_at"].is_string() && fresh["ended_at"].is_string());
    assert_eq!(
        (
            &fresh["agent_id"],
            &fresh["version_id"],
            &fresh["user_id"],
            &fresh["status"]
        ),
        (&json!("weather"), &json!(1), &json!("ann"), &json!("success"))
    );
    assert_eq!(
        (&fresh["summary_text"], &fresh["score"], &fresh["error_message"]),
        (&json!("I told the weather."), &json!(0.75), &Value::Null)
    );
    assert_eq!(
        (
            &result(&scored)["status"],
            &result(&scored)["summary_text"],
            &result(&scored)["score"]
        ),
        (&json!("skipped"), &json!("I was there."), &json!(0.1))
    );
    // Two keys, and no other.
    let expected = json!({
        "cost": 12, "custom": [1], "activity_status": "I told the weather.", "correctness_score": 0.75,
    });
    assert_eq!(stats(&app, &completed).await, expected);
    assert_eq!(stats(&app, &failed).await["correctness_score"], 0.75);
    for untouched in [&of_bob, &running, &deleted] {
        assert_eq!(stats(&app, untouched).await["correctness_score"], Value::Null);
    }

    let seen = llm.seen();
    assert_eq!(seen.len(), 2);
    assert!(
        seen[0].head.starts_with("post /v1/chat/completions "),
        "{}",
        seen[0].head
    );
    assert!(seen[0].head.contains("authorization: bearer key-of-the-tests"));
    assert_eq!(seen[0].body["model"], "gpt-4o-mini");
    assert_eq!(seen[0].body["response_format"]["json_schema"]["strict"], true);
    assert!(seen[0].prompt().contains("The graph weather") && seen[0].prompt().contains("Tells the weather."));
    assert!(!app.host.log().join("\n").contains("key-of-the-tests"));
}

#[tokio::test]
async fn every_score_is_kept_with_where_it_comes_from() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create_in(&graph, "COMPLETED").await;
    score(&app, &graph, json!({})).await;
    llm.usually(Behaviour::Score(0.25));
    score(&app, &graph, json!({})).await;
    let prompts = json!({
        "skip_existing": false, "model_name": "gpt-3.5-turbo", "system_prompt": "Judge.",
        "user_prompt": "{{GRAPH_NAME}} ran.", "graph_version": 1, "created_after": "2020-01-01T00:00:00Z",
    });
    score(&app, &graph, prompts).await;
    assert_eq!(llm.seen().len(), 2, "the second time it had a score");
    assert_eq!(llm.seen()[1].prompt(), "The graph weather ran.");
    let system = llm.seen()[1].body["messages"][0]["content"].clone();
    assert!(
        system
            .as_str()
            .unwrap()
            .starts_with("Judge.\n\nAnswer with one JSON object"),
        "{system}"
    );
    assert_eq!(stats(&app, &id).await["correctness_score"], 0.25);

    let path = format!("/api/executions/admin/executions/{id}/scores");
    let first = app.admin.get(&format!("{path}?limit=1")).expect(200).await.json();
    let (cursor, newest) = (first["next_cursor"].as_str().unwrap(), &first["scores"][0]);
    assert_eq!(
        (&newest["score"], &newest["model_name"], &newest["provider"]),
        (&json!(0.25), &json!("gpt-3.5-turbo"), &json!("openai"))
    );
    assert_eq!(
        (&newest["prompt_tokens"], &newest["completion_tokens"], &newest["tries"]),
        (&json!(1000), &json!(50), &json!(1))
    );
    let rest = app
        .admin
        .get(&format!("{path}?limit=1&cursor={cursor}"))
        .expect(200)
        .await
        .json();
    assert_eq!(
        (&rest["scores"][0]["score"], &rest["next_cursor"]),
        (&json!(0.5), &Value::Null)
    );
    assert_ne!(rest["scores"][0]["prompt_hash"], newest["prompt_hash"]);
    app.admin_for("bob").get(&path).expect(404).await;

    let jobs = app
        .admin
        .get(&format!("{ANALYTICS}/jobs?graph_id=weather"))
        .expect(200)
        .await
        .json();
    let costs: Vec<_> = jobs["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["cost_usd"].as_f64().unwrap())
        .collect();
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
    assert!(
        close(costs[0], 0.000_575) && close(costs[1], 0.0) && close(costs[2], 0.000_18),
        "newest first: {costs:?}"
    );
}

#[tokio::test]
async fn what_comes_as_no_verdict_fails_that_execution_alone() {
    for (behaviour, why) in [
        (
            Behaviour::Status(401, None),
            "answered 401 Unauthorized: told to answer 401",
        ),
        (Behaviour::Refusal, "refused: I would rather not."),
        (Behaviour::Length, "cut off"),
        (Behaviour::NotJson, "not a chat completion"),
        (Behaviour::Content("I cannot say.".to_owned()), "no JSON object"),
        (
            Behaviour::Content(r#"{"activity_status": "I ran."}"#.to_owned()),
            "no correctness_score",
        ),
        (
            Behaviour::Content(format!(
                r#"{{"activity_status": "I ran.", "correctness_score": "{}"}}"#,
                "x".repeat(100_000)
            )),
            "not a number from 0 to 1",
        ),
        (Behaviour::Huge, "larger than 1048576 bytes"),
    ] {
        let llm = Llm::start(Behaviour::Score(0.5)).await;
        let app = with_models(&llm).start().await;
        let graph = app.graph("weather", "ann").await;
        for _ in 0..3 {
            app.create_in(&graph, "COMPLETED").await;
        }
        llm.plan([Behaviour::Score(0.5), behaviour.clone()]);
        let report = score(&app, &graph, json!({ "batch_size": 1 })).await;
        assert_eq!(
            (&report["successful_analytics"], &report["failed_analytics"]),
            (&json!(2), &json!(1)),
            "{behaviour:?}: {report}"
        );
        let failed = &report["results"][1];
        assert_eq!((&failed["status"], &failed["score"]), (&json!("failed"), &Value::Null));
        let message = failed["error_message"].as_str().unwrap();
        assert!(message.contains(why) && message.len() < 500, "{behaviour:?}: {message}");
        let stored = stats(&app, failed["exec_id"].as_str().unwrap()).await;
        assert_eq!(stored["correctness_score"], Value::Null);
        assert_eq!(llm.seen().len(), 3, "{behaviour:?} is not tried again");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_four_times() {
    for (behaviour, why) in [
        (Behaviour::Status(429, None), "429 Too Many Requests"),
        (Behaviour::Status(500, None), "500 Internal Server Error"),
        (Behaviour::Cut, "broke off"),
        (Behaviour::Hang, "did not answer within 2 s"),
    ] {
        let llm = Llm::start(Behaviour::Score(0.5)).await;
        let app = with_models(&llm).start().await;
        let graph = app.graph("weather", "ann").await;
        app.create_in(&graph, "COMPLETED").await;
        // The third try succeeds.
        llm.plan([behaviour.clone(), behaviour.clone()]);
        let report = score(&app, &graph, json!({})).await;
        assert_eq!(report["successful_analytics"], 1, "{behaviour:?}: {report}");
        assert_eq!(llm.seen().len(), 3);
        // None does.
        llm.usually(behaviour.clone());
        let report = score(&app, &graph, json!({ "skip_existing": false })).await;
        let message = report["results"][0]["error_message"].as_str().unwrap();
        assert!(message.contains(why) && message.contains("after 4 tries"), "{message}");
        assert_eq!(llm.seen().len(), 7);
    }
}

#[tokio::test]
async fn a_provider_is_left_alone_for_as_long_as_it_asks() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    app.create_in(&graph, "COMPLETED").await;
    llm.plan([Behaviour::Status(429, Some("2"))]);
    score(&app, &graph, json!({})).await;
    let seen = llm.seen();
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(2));
    // Not for an hour.
    llm.plan([Behaviour::Status(503, Some("3600"))]);
    let report = score(&app, &graph, json!({ "skip_existing": false })).await;
    let message = report["results"][0]["error_message"].as_str().unwrap();
    assert!(message.contains("3600 s"), "{message}");
}

#[tokio::test]
async fn a_provider_without_schemas_is_told_in_words() {
    let llm = Llm::start(Behaviour::NoSchemas).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    app.create_in(&graph, "COMPLETED").await;
    app.create_in(&graph, "COMPLETED").await;
    let report = score(&app, &graph, json!({ "batch_size": 1 })).await;
    assert_eq!(report["successful_analytics"], 2, "{report}");
    let seen = llm.seen();
    assert_eq!(seen.len(), 3, "once it is known, it is not tried again");
    let system = seen[2].body["messages"][0]["content"].as_str().unwrap();
    assert!(system.contains("Answer with one JSON object"));
}

#[tokio::test]
async fn no_more_calls_are_in_flight_than_may_be() {
    let llm = Llm::start(Behaviour::Slow(Duration::from_millis(500), 1.0)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    for _ in 0..12 {
        app.create_in(&graph, "COMPLETED").await;
    }
    let report = score(&app, &graph, json!({ "batch_size": 3 })).await;
    assert_eq!(report["successful_analytics"], 12);
    assert_eq!(llm.most_in_flight(), 3);
}

#[tokio::test]
async fn statistics_that_are_written_meanwhile_survive() {
    let llm = Llm::start(Behaviour::Slow(Duration::from_millis(1500), 1.0)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create_in(&graph, "COMPLETED").await;
    let writing = async {
        runledger_tests::until("the model is asked", async || (!llm.seen().is_empty()).then_some(())).await;
        let path = format!("/api/executions/{id}");
        let body = json!({ "stats": { "cost": 77 } });
        app.service.patch(&path).json(&body).expect(200).await;
    };
    let (report, ()) = tokio::join!(score(&app, &graph, json!({})), writing);
    assert_eq!(report["successful_analytics"], 1);
    let stored = stats(&app, &id).await;
    assert_eq!(
        (&stored["cost"], &stored["correctness_score"]),
        (&json!(77), &json!(1.0))
    );
}

#[tokio::test]
async fn a_prompt_keeps_its_size_whatever_ran() {
    let llm = Llm::start(Behaviour::Score(1.0)).await;
    let app = with_models(&llm)
        .variable("llm_max_prompt_tokens", "2000")
        .start()
        .await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create_in(&graph, "COMPLETED").await;
    let nodes = r#"INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus")
        SELECT 'many-' || n, $1, $2, CASE WHEN n % 100 = 0 THEN 'FAILED' ELSE 'COMPLETED' END::"AgentExecutionStatus"
        FROM generate_series(1, 100000) AS n"#;
    app.db.execute(nodes, &[&id, &graph.node("work")]).await;
    let data = r#"INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, "referencedByInputExecId")
        SELECT 'io-' || n, 'text', to_jsonb('my api_key=abcdef123456 ' || repeat('x', 100000)), 'many-' || n
        FROM generate_series(99900, 100000) AS n"#;
    app.db.execute(data, &[]).await;
    let report = score(&app, &graph, json!({})).await;
    assert_eq!(report["successful_analytics"], 1, "{report}");
    let seen = llm.seen();
    let prompt = seen[0].prompt();
    assert!(prompt.len() < 2000 * 4 + 500, "{} bytes", prompt.len());
    assert!(
        prompt.contains("\"runs\":100001") && prompt.contains("\"errors\":1000"),
        "{prompt}"
    );
    assert!(
        prompt.contains("api_key=[secret]") && !prompt.contains("abcdef123456"),
        "{prompt}"
    );
}
