//! Share links: who makes and ends them, what they show, and that nothing tells a wrong link from one that has ended.

use runledger_tests::{App, Graph, StoredNode, is_spin, until};
use serde_json::{Value, json};

/// Where the link of an execution is made and ended.
fn share_path(graph: &Graph, execution: &str) -> String {
    format!("/api/graphs/{}/executions/{execution}/share", graph.id)
}

/// Shares an execution of ann's; gives the link's token.
async fn share(app: &App, graph: &Graph, execution: &str) -> String {
    let link = app
        .user("ann")
        .post(&share_path(graph, execution))
        .expect(200)
        .await
        .json();
    assert_eq!(link["expires_at"], Value::Null);
    let token = link["share_token"].as_str().expect("a token").to_owned();
    assert_eq!(link["share_url"], format!("/shared/{token}"), "the page that shows it");
    token
}

fn public(token: &str) -> String {
    format!("/api/public/shared/{token}")
}

/// What following a link answers.
async fn status(app: &App, token: &str) -> u16 {
    app.anonymous
        .get(&public(token))
        .send()
        .await
        .expect("an answer")
        .status
}

/// A finished execution whose output node got a value.
async fn finished(app: &App, graph: &Graph) -> String {
    let execution = app.create_in(graph, "COMPLETED").await;
    let output = graph.node("output");
    let node = StoredNode {
        node: &output,
        inputs: vec![("name", json!("forecast")), ("value", json!({ "rain": true }))],
        outputs: vec![("secret", json!("inside"))],
        queued: Some(1.0),
        ..StoredNode::default()
    };
    app.db.store_node(&execution, "output-run", &node).await;
    execution
}

#[tokio::test]
async fn a_link_shows_the_result_and_nothing_from_inside_the_run() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let token = share(&app, &graph, &execution).await;
    let reply = app.anonymous.get(&public(&token)).expect(200).await;
    let shown = reply.json();
    assert_eq!(
        shown,
        json!({
            "id": execution, "graph_name": "The graph weather", "graph_description": "Tells the weather.",
            "status": "COMPLETED", "created_at": shown["created_at"], "outputs": { "forecast": [{ "rain": true }] },
        })
    );
    let own = app
        .user("ann")
        .get(&format!("/api/executions/{execution}"))
        .expect(200)
        .await
        .json();
    assert_eq!(own["is_shared"], true);
    assert_eq!(own["share_token"], token.as_str());
    assert_eq!(own["created_at"], shown["created_at"]);
    // A token of a caller is no matter.
    app.user("bob").get(&public(&token)).expect(200).await;
}

#[tokio::test]
async fn a_graph_without_a_name_is_untitled() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let token = share(&app, &graph, &execution).await;
    for name in ["''", "NULL"] {
        let sql = format!(r#"UPDATE "AgentGraph" SET name = {name}, description = NULL"#);
        app.db.execute(&sql, &[]).await;
        let shown = app.anonymous.get(&public(&token)).expect(200).await.json();
        assert_eq!(shown["graph_name"], "Untitled Agent");
        assert_eq!(shown["graph_description"], Value::Null);
    }
}

#[tokio::test]
async fn what_is_shared_has_a_validator() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let token = share(&app, &graph, &execution).await;
    let etag = app
        .anonymous
        .get(&public(&token))
        .expect(200)
        .await
        .header("etag")
        .expect("a validator")
        .to_owned();
    app.anonymous
        .get(&public(&token))
        .header("if-none-match", &etag)
        .expect(304)
        .await;
}

#[tokio::test]
async fn a_new_link_ends_the_old_one() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let old = share(&app, &graph, &execution).await;
    let new = share(&app, &graph, &execution).await;
    assert_ne!(old, new);
    app.anonymous.get(&public(&old)).expect(404).await;
    app.anonymous.get(&public(&new)).expect(200).await;
}

#[tokio::test]
async fn links_made_at_once_leave_one_that_works() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let tokens = futures::future::join_all((0..16).map(|_| share(&app, &graph, &execution))).await;
    let mut working = 0;
    for token in &tokens {
        working += usize::from(status(&app, token).await == 200);
    }
    assert_eq!(working, 1);
}

#[tokio::test]
async fn a_link_ends_when_it_should() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let soon = r#"SELECT to_char((now() + interval '1.5 seconds') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        AS at"#;
    let end = app.db.row(soon, &[]).await["at"].clone();
    let link = app
        .user("ann")
        .post(&share_path(&graph, &execution))
        .json(&json!({ "expires_at": end }))
        .expect(200)
        .await
        .json();
    assert_eq!(link["expires_at"], end);
    let token = link["share_token"].as_str().expect("a token").to_owned();
    app.anonymous.get(&public(&token)).expect(200).await;
    until("the link ends", async || {
        (status(&app, &token).await == 404).then_some(())
    })
    .await;
    let ended = "SELECT count(*) FROM runledger.share_ends WHERE expires_at <= clock_timestamp()";
    assert_eq!(app.db.number(ended, &[]).await, 1, "it ended too early");

    // A link that the platform makes afterwards does not inherit the end.
    app.db
        .execute(
            r#"UPDATE "AgentGraphExecution" SET "shareToken" = 'platform-token' WHERE id = $1"#,
            &[&execution],
        )
        .await;
    app.anonymous.get(&public("platform-token")).expect(200).await;
}

#[tokio::test]
async fn an_end_that_is_no_future_time_is_refused() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let before = app.db.snapshot().await;
    for end in [json!("2020-01-01T00:00:00Z"), json!("soon"), json!(5)] {
        let problem = app
            .user("ann")
            .post(&share_path(&graph, &execution))
            .json(&json!({ "expires_at": end }))
            .expect(422)
            .await
            .problem();
        assert_eq!(problem.document["errors"][0]["pointer"], "/expires_at");
    }
    app.db.expect_unchanged(&before, "a link that was refused").await;
}

#[tokio::test]
async fn a_link_follows_its_execution_out_of_sight_and_back() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let token = share(&app, &graph, &execution).await;
    let ann = app.user("ann");
    ann.delete(&format!("/api/executions/{execution}")).expect(204).await;
    app.anonymous.get(&public(&token)).expect(404).await;
    ann.post(&share_path(&graph, &execution)).expect(404).await;
    ann.post(&format!("/api/executions/{execution}/restore"))
        .expect(200)
        .await;
    app.anonymous.get(&public(&token)).expect(200).await;
    ann.delete(&format!("/api/executions/{execution}?hard=true"))
        .expect(204)
        .await;
    app.anonymous.get(&public(&token)).expect(404).await;
}

#[tokio::test]
async fn links_that_do_not_lead_anywhere_look_the_same() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let revoked = share(&app, &graph, &execution).await;
    app.user("ann")
        .delete(&share_path(&graph, &execution))
        .expect(204)
        .await;
    // A second time there is nothing to end, and nothing wrong.
    app.user("ann")
        .delete(&share_path(&graph, &execution))
        .expect(204)
        .await;
    let long = "a".repeat(4000);
    let mut answers = Vec::new();
    for token in [
        revoked.as_str(),
        "unknown",
        "not%20a%20token",
        "%00",
        "%FF",
        "a%2Fb",
        "'%20OR%20true--",
        long.as_str(),
    ] {
        let mut problem = app.anonymous.get(&public(token)).expect(404).await.problem().document;
        problem["instance"] = Value::Null;
        answers.push(problem);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

#[tokio::test]
async fn only_the_owner_shares_and_only_below_its_graph() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let other = app.graph("news", "ann").await;
    let execution = finished(&app, &graph).await;
    let before = app.db.snapshot().await;
    for stranger in [app.user("bob"), app.service_for("bob"), app.admin_for("bob")] {
        stranger.post(&share_path(&graph, &execution)).expect(404).await;
        stranger.delete(&share_path(&graph, &execution)).expect(404).await;
    }
    app.user("ann").post(&share_path(&other, &execution)).expect(404).await;
    app.user("ann")
        .delete(&share_path(&other, &execution))
        .expect(404)
        .await;
    app.db.expect_unchanged(&before, "a share of a stranger").await;
    app.admin_for("ann")
        .post(&share_path(&graph, &execution))
        .expect(200)
        .await;
}

#[tokio::test]
async fn a_share_is_repeated_under_its_key() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let once = || {
        app.user("ann")
            .post(&share_path(&graph, &execution))
            .key("share-1")
            .expect(200)
    };
    let first = once().await.json();
    let again = once().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(), first);
}

#[tokio::test]
async fn the_token_is_in_no_log() {
    // What Spin logs of a path is its own affair.
    if is_spin() {
        return;
    }
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let token = share(&app, &graph, &execution).await;
    app.anonymous.get(&public(&token)).expect(200).await;
    let logged = || async {
        app.host
            .log()
            .iter()
            .any(|line| line.contains("/api/public/shared/"))
            .then_some(())
    };
    until("the request is logged", logged).await;
    let log = app.host.log().join("\n");
    assert!(!log.contains(&token), "{log}");
}

#[tokio::test]
async fn links_begin_as_the_application_is_told() {
    let app = App::builder()
        .variable("share_base_url", "https://app.example/s/")
        .start()
        .await;
    let graph = app.graph("weather", "ann").await;
    let execution = finished(&app, &graph).await;
    let link = app
        .user("ann")
        .post(&share_path(&graph, &execution))
        .expect(200)
        .await
        .json();
    let token = link["share_token"].as_str().expect("a token");
    assert_eq!(link["share_url"], format!("https://app.example/s/{token}"));
}
