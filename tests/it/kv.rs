//! Key-value data: each user's own, from run to run.

use futures::future::join_all;
use runledger_tests::App;
use serde_json::{Value, json};

fn body(data: &Value) -> Value {
    json!({ "node_exec_id": "node-1", "data": data })
}

#[tokio::test]
async fn a_value_is_kept_under_its_key_and_null_is_a_value() {
    let app = App::start().await;
    let ann = app.user("ann");
    ann.get("/api/kv/colour").expect(404).await;
    let mut created = None;
    for data in [
        json!({ "deep": [1, { "a": null }], "text": "\u{e9}" }),
        json!(7),
        json!(null),
        json!(false),
        json!(""),
        json!([]),
    ] {
        let put = ann.put("/api/kv/colour").json(&body(&data)).expect(200).await.json();
        assert_eq!(
            (&put["key"], &put["data"], &put["node_exec_id"]),
            (&json!("colour"), &data, &json!("node-1"))
        );
        assert_eq!(put["created_at"], *created.get_or_insert(put["created_at"].clone()));
        let read = ann.get("/api/kv/colour").expect(200).await;
        assert_eq!(read.json(), put);
        let etag = read.header("etag").expect("one resource carries an ETag").to_owned();
        ann.get("/api/kv/colour")
            .header("if-none-match", &etag)
            .expect(304)
            .await;
    }
    let sql = r#"SELECT count(*) FROM "AgentNodeExecutionKeyValueData""#;
    assert_eq!(app.db.number(sql, &[]).await, 1);
}

#[tokio::test]
async fn a_value_that_the_platform_left_without_data_is_null() {
    let app = App::start().await;
    let sql = r#"INSERT INTO "AgentNodeExecutionKeyValueData" ("userId", key, "agentNodeExecutionId")
                 VALUES ('ann', 'empty', 'n')"#;
    app.db.execute(sql, &[]).await;
    let shown = app.user("ann").get("/api/kv/empty").expect(200).await.json();
    assert_eq!((&shown["data"], &shown["updated_at"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn users_have_each_their_own_and_a_service_or_an_admin_names_one() {
    let app = App::start().await;
    for (caller, data) in [
        (app.user("ann"), "ann's"),
        (app.service_for("bob"), "bob's"),
        (app.admin_for("cid"), "cid's"),
    ] {
        caller.put("/api/kv/same").json(&body(&json!(data))).expect(200).await;
    }
    for (caller, data) in [
        (app.service_for("ann"), "ann's"),
        (app.admin_for("ann"), "ann's"),
        (app.user("ann").acting_for("bob"), "ann's"),
        (app.user("bob"), "bob's"),
        (app.user("cid"), "cid's"),
    ] {
        assert_eq!(caller.get("/api/kv/same").expect(200).await.json()["data"], data);
    }
    app.user("dan").get("/api/kv/same").expect(404).await;
    let before = app.db.snapshot().await;
    for caller in [&app.service, &app.admin] {
        for request in [
            caller.get("/api/kv/same"),
            caller.put("/api/kv/same").json(&body(&json!(1))),
        ] {
            request.expect(422).await.expect_pointers(&["/headers/x-user-id"]);
        }
    }
    app.db.expect_unchanged(&before, "a request for nobody").await;
}

#[tokio::test]
async fn keys_and_values_have_to_fit() {
    let app = App::start().await;
    let ann = app.user("ann");
    let before = app.db.snapshot().await;
    for (body, pointers) in [
        (json!({ "node_exec_id": "n" }), &["/data"]),
        (json!({ "data": 1 }), &["/node_exec_id"]),
        (json!({ "node_exec_id": "", "data": 1 }), &["/node_exec_id"]),
        (json!({ "node_exec_id": "n", "data": 1, "ttl": 5 }), &["/ttl"]),
        (json!({ "node_exec_id": "n", "data": "\u{0}" }), &[""]),
    ] {
        let reply = ann.put("/api/kv/a").json(&body).expect(422).await;
        reply.expect_pointers(pointers);
    }
    for key in ["%0A", &"k".repeat(129)] {
        let reply = ann
            .put(&format!("/api/kv/{key}"))
            .json(&body(&json!(1)))
            .expect(422)
            .await;
        reply.expect_pointers(&["/path/key"]);
    }
    app.db.expect_unchanged(&before, "a value that does not fit").await;
    for key in ["a%2Fb", "agent%23weather%23colour", &"k".repeat(128)] {
        let path = format!("/api/kv/{key}");
        ann.put(&path).json(&body(&json!(key))).expect(200).await;
        assert_eq!(ann.get(&path).expect(200).await.json()["data"], key);
    }
}

#[tokio::test]
async fn of_racing_writers_the_last_one_stays_and_none_fails() {
    let app = App::start().await;
    let ann = app.user("ann");
    let writes = (0..24).map(|number| ann.put("/api/kv/race").json(&body(&json!(number))).expect(200));
    join_all(writes).await;
    let kept = ann.get("/api/kv/race").expect(200).await.json();
    assert!((0..24).any(|number| kept["data"] == number), "{kept}");
}
