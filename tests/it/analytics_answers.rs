//! Language models as they are: what their answers look like, what stands in their place, and who serves them.

use runledger_tests::{App, Behaviour, Builder, Llm};
use serde_json::{Value, json};

use crate::analytics::{ANALYTICS, score, with_models};

const ANSWER: &str = r#"{"activity_status": "I told the weather.", "correctness_score": 0.5}"#;
const DRAFT: &str = r#"{"activity_status": "I draft.", "correctness_score": 0.1}"#;

fn body(message: &Value) -> Behaviour {
    Behaviour::Body(json!({ "choices": [{ "message": message, "finish_reason": "stop" }] }).to_string())
}

/// An application whose providers of models are set like this, and may be this server.
fn with_providers(llm: &Llm, providers: &Value) -> Builder {
    with_models(llm).variable("llm_providers", &providers.to_string())
}

#[tokio::test]
async fn answers_are_read_as_models_give_them() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    let stream = format!(
        "data: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
        json!({ "choices": [{ "delta": { "content": &ANSWER[..30] } }] }),
        json!({ "choices": [{ "delta": { "content": &ANSWER[30..] }, "finish_reason": "stop" }] }),
    );
    let usage = json!({
        "choices": [{ "message": { "content": ANSWER } }],
        "usage": { "prompt_tokens": 12.0, "completion_tokens": "many", "total_tokens": null },
    });
    let behaviours = [
        Behaviour::Content(format!("It made {{x}}:\n```json\n{ANSWER}\n```\nAs {{asked}}.")),
        Behaviour::Content(format!("<think>{DRAFT}</think>\n{ANSWER}")),
        Behaviour::Content(ANSWER.replace("0.5", "\"0.5\"")),
        Behaviour::Content(ANSWER.replace("0.5", "\"50 out of 100\"")),
        body(&json!({ "content": [{ "type": "text", "text": ANSWER }] })),
        body(&json!({ "content": "", "reasoning_content": ANSWER })),
        Behaviour::Body(stream),
        Behaviour::Body(usage.to_string()),
    ];
    for _ in &behaviours {
        app.create_in(&graph, "COMPLETED").await;
    }
    llm.plan(behaviours.clone());
    let report = score(&app, &graph, json!({ "batch_size": 1 })).await;
    assert_eq!(report["successful_analytics"], behaviours.len(), "{report}");
    for (result, behaviour) in report["results"].as_array().unwrap().iter().zip(&behaviours) {
        assert_eq!(
            (&result["score"], &result["summary_text"]),
            (&json!(0.5), &json!("I told the weather.")),
            "{behaviour:?}"
        );
    }
    assert_eq!(llm.seen().len(), behaviours.len());
}

#[tokio::test]
async fn what_is_no_answer_is_not_taken_for_one() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    let credits = json!({ "error": { "message": "insufficient credits", "code": 402 } });
    let cases = [
        (
            Behaviour::Content(format!("<think>{DRAFT}</think>")),
            "nothing but thinking",
        ),
        (
            Behaviour::Content(ANSWER.replace("0.5", "85")),
            "is 85, not a number from 0 to 1",
        ),
        (
            Behaviour::Body(credits.to_string()),
            "the provider answered 402 Payment Required: insufficient credits",
        ),
        (
            Behaviour::Body(json!({ "error": "no such model: key-of-the-tests" }).to_string()),
            "the provider answered an error: no such model: [secret]",
        ),
    ];
    for _ in &cases {
        app.create_in(&graph, "COMPLETED").await;
    }
    llm.plan(cases.iter().map(|(behaviour, _)| behaviour.clone()));
    let report = score(&app, &graph, json!({ "batch_size": 1 })).await;
    assert_eq!(report["failed_analytics"], cases.len(), "{report}");
    for (result, (behaviour, why)) in report["results"].as_array().unwrap().iter().zip(&cases) {
        let message = result["error_message"].as_str().unwrap();
        assert!(message.contains(why), "{behaviour:?}: {message}");
        let id = result["exec_id"].as_str().unwrap();
        assert_eq!(app.db.execution(id).await["stats"]["correctness_score"], Value::Null);
    }
    assert_eq!(llm.seen().len(), cases.len(), "none is tried again");
}

#[tokio::test]
async fn an_error_within_a_success_is_tried_again_by_its_code() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    app.create_in(&graph, "COMPLETED").await;
    llm.plan([
        Behaviour::Body(json!({ "error": { "message": "slow down", "code": 429 } }).to_string()),
        Behaviour::Body(json!({ "error": { "message": "busy", "type": "overloaded_error" } }).to_string()),
    ]);
    let report = score(&app, &graph, json!({})).await;
    assert_eq!(report["successful_analytics"], 1, "{report}");
    assert_eq!(llm.seen().len(), 3);
}

#[tokio::test]
async fn a_host_that_is_not_let_through_is_named_with_what_to_set() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm)
        .variable("llm_host", "http://models.example.com")
        .start()
        .await;
    let graph = app.graph("weather", "ann").await;
    app.create_in(&graph, "COMPLETED").await;
    let report = score(&app, &graph, json!({})).await;
    let message = report["results"][0]["error_message"].as_str().unwrap();
    assert!(
        message.contains(&format!("set the variable llm_host to {}", llm.url())),
        "{message}"
    );
    assert!(!message.contains("ErrorCode"), "{message}");
}

#[tokio::test]
async fn an_unusable_setting_of_providers_is_named_without_its_keys() {
    const KEY: &str = "sk-abcdefghijklmnopqrstuvwxyz";
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    for (setting, why) in [
        (
            format!(r#"{{"openai": {{"apikey": "{KEY}"}}}}"#),
            "openai: \"apikey\" is not known",
        ),
        (KEY.to_owned(), "not JSON"),
        (format!(r#"{{"openai": "{KEY}"}}"#), "openai: not an object"),
    ] {
        let app = with_models(&llm).variable("llm_providers", &setting).start().await;
        let graph = app.graph("weather", "ann").await;
        app.create_in(&graph, "COMPLETED").await;
        let before = app.db.snapshot().await;
        let body = json!({ "graph_id": "weather" });
        for request in [
            app.admin.post(ANALYTICS).json(&body),
            app.admin.get(&format!("{ANALYTICS}/config")),
        ] {
            let detail = request.expect(503).await.text("detail");
            assert!(detail.contains("llm_providers") && detail.contains(why), "{detail}");
            assert!(!detail.contains(KEY), "{detail}");
        }
        let log = async || Some(app.host.log().join("\n")).filter(|log| log.contains("llm_providers cannot be used"));
        let log = runledger_tests::until("the log names it", log).await;
        assert!(!log.contains(KEY), "{log}");
        app.db.expect_unchanged(&before, "what was refused").await;
    }
    assert!(llm.seen().is_empty());
}

#[tokio::test]
async fn a_provider_of_the_operators_own_serves_its_models() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let url = format!("{}/models/v1", llm.url());
    let own = json!({ "base_url": url, "label": "Our own", "models": [{ "value": "judge-7b" }], "any_model": true });
    let app = with_providers(&llm, &json!({ "vllm": own })).start().await;
    let graph = app.graph("weather", "ann").await;
    app.create_in(&graph, "COMPLETED").await;
    let config = app.admin.get(&format!("{ANALYTICS}/config")).expect(200).await.json();
    let listed = json!({ "value": "judge-7b", "label": "Our own: Judge 7b", "provider": "vllm" });
    assert!(
        config["available_models"].as_array().unwrap().contains(&listed),
        "{config}"
    );
    for (name, model) in [
        ("judge-7b", "judge-7b"),
        ("llama9:1b", "llama9:1b"),
        ("vllm/a/b", "a/b"),
    ] {
        let report = score(&app, &graph, json!({ "model_name": name, "skip_existing": false })).await;
        assert_eq!(report["successful_analytics"], 1, "{report}");
        let seen = llm.seen().pop().unwrap();
        assert_eq!(seen.body["model"], model);
        assert!(
            seen.head.starts_with("post /models/v1/chat/completions "),
            "{}",
            seen.head
        );
        assert!(!seen.head.contains("authorization"), "{}", seen.head);
        let jobs = app
            .admin
            .get(&format!("{ANALYTICS}/jobs?limit=1"))
            .expect(200)
            .await
            .json();
        assert_eq!(
            (&jobs["jobs"][0]["provider"], &jobs["jobs"][0]["model_name"]),
            (&json!("vllm"), &json!(model))
        );
    }
    // Whoever takes any model is no reason to guess at the others' names.
    let refused = app
        .admin
        .post(ANALYTICS)
        .json(&json!({ "graph_id": "weather" }))
        .expect(503)
        .await;
    assert!(refused.text("detail").contains("OpenAI"), "{refused}");
}

#[tokio::test]
async fn ollama_takes_the_name_of_any_model() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let ollama = json!({ "ollama": { "base_url": format!("{}/v1", llm.url()) } });
    let app = with_providers(&llm, &ollama).start().await;
    let graph = app.graph("weather", "ann").await;
    app.create_in(&graph, "COMPLETED").await;
    for name in ["qwen3:4b", "ollama/qwen3:4b"] {
        let report = score(&app, &graph, json!({ "model_name": name, "skip_existing": false })).await;
        assert_eq!(report["successful_analytics"], 1, "{report}");
        assert_eq!(llm.seen().pop().unwrap().body["model"], "qwen3:4b");
    }
    let unset = App::start().await;
    let body = json!({ "graph_id": "weather", "model_name": "qwen3:4b" });
    unset
        .admin
        .post(ANALYTICS)
        .json(&body)
        .expect(422)
        .await
        .expect_pointers(&["/model_name"]);
}

#[tokio::test]
async fn what_was_processed_comes_before_what_was_skipped() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(app.create_in(&graph, "COMPLETED").await);
    }
    let known = json!({ "activity_status": "I was there.", "correctness_score": 0.1 });
    for id in [&ids[0], &ids[3]] {
        let set_stats = r#"UPDATE "AgentGraphExecution" SET stats = $2 WHERE id = $1"#;
        app.db.execute(set_stats, &[id, &known]).await;
    }
    let report = score(&app, &graph, json!({ "batch_size": 1 })).await;
    let results = report["results"].as_array().unwrap();
    let came: Vec<_> = results
        .iter()
        .map(|result| (result["exec_id"].as_str().unwrap(), result["status"].as_str().unwrap()))
        .collect();
    let expected = [(2, "success"), (1, "success"), (3, "skipped"), (0, "skipped")];
    assert_eq!(came, expected.map(|(at, status)| (ids[at].as_str(), status)));
}

#[tokio::test]
async fn a_version_that_no_graph_has_finds_nothing() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    app.create_in(&graph, "COMPLETED").await;
    let report = score(&app, &graph, json!({ "graph_version": 0 })).await;
    assert_eq!(
        (&report["total_executions"], &report["results"]),
        (&json!(0), &json!([])),
        "{report}"
    );
    assert!(llm.seen().is_empty());
}
