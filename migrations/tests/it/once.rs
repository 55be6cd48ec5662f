//! `runledger.once`: a write with an idempotency key happens once.

use futures::future::join_all;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::database::{Database, until_waiting};

/// Notes its effect and answers with how many there are, so that a second run would be seen. The odd number is there
/// to show that a replay is the same text.
const EFFECT: &str = "WITH done AS (INSERT INTO effects (args) VALUES ($1) RETURNING 1)
    SELECT json_build_object('ok', json_build_object('seen', (SELECT count(*) FROM effects), 'odd', 1.50, 'args', $1))";
/// Refuses until somebody has opened the gate.
const GATED: &str = "WITH done AS (INSERT INTO effects (args) SELECT $1 WHERE EXISTS (SELECT FROM gate) RETURNING 1)
    SELECT coalesce((SELECT json_build_object('ok', 'passed') FROM done), '{\"missing\": true}')::text";
const FAILING: &str = "SELECT json_build_object('ok', 1 / ($1 ->> 'divisor')::int)";

#[tokio::test]
async fn a_replay_is_the_first_answer_word_for_word() {
    let (database, client) = with_effects().await;

    let first = once(&client, "key", "print", EFFECT, json!({"a": 1})).await;
    let again = once(&client, "key", "print", EFFECT, json!({"a": 2})).await;

    assert_eq!(first, r#"{"ok" : {"seen" : 0, "odd" : 1.50, "args" : {"a": 1}}}"#);
    assert_eq!(
        again,
        r#"{"ok" : {"seen" : 0, "odd" : 1.50, "args" : {"a": 1}}, "replayed" : true}"#
    );
    assert_eq!(effects(&client).await, 1);
    database.drop().await;
}

#[tokio::test]
async fn a_key_belongs_to_its_caller_and_to_its_request() {
    let (database, client) = with_effects().await;
    once(&client, "key", "print", EFFECT, json!({})).await;

    assert_eq!(
        once(&client, "key", "another", EFFECT, json!({})).await,
        r#"{"idempotency_mismatch" : true}"#
    );
    assert_eq!(effects(&client).await, 1);

    let sql = "SELECT runledger.once('another caller', 'key', 'another', $1, '{}')::text";
    let answer: String = client.query_one(sql, &[&EFFECT]).await.unwrap().get(0);
    assert!(!answer.contains("replayed"), "{answer}");
    assert_eq!(effects(&client).await, 2);
    database.drop().await;
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let (database, client) = with_effects().await;

    assert_eq!(
        once(&client, "key", "print", GATED, json!({})).await,
        r#"{"missing": true}"#
    );
    assert_eq!(keys(&client).await, 0);
    client.batch_execute("INSERT INTO gate VALUES (true)").await.unwrap();
    assert_eq!(
        once(&client, "key", "a corrected request", GATED, json!({})).await,
        r#"{"ok" : "passed"}"#
    );
    database.drop().await;
}

#[tokio::test]
async fn an_exception_undoes_the_key_and_reaches_the_caller() {
    let (database, client) = with_effects().await;

    let sql = "SELECT runledger.once('caller', 'key', 'print', $1, '{\"divisor\": 0}')::text";
    let error = client.query_one(sql, &[&FAILING]).await.unwrap_err();

    assert_eq!(error.code(), Some(&tokio_postgres::error::SqlState::DIVISION_BY_ZERO));
    assert_eq!(keys(&client).await, 0);
    assert_eq!(
        once(&client, "key", "print", FAILING, json!({"divisor": 1})).await,
        r#"{"ok" : 1}"#
    );
    database.drop().await;
}

#[tokio::test]
async fn after_a_day_a_key_is_free_again() {
    let (database, client) = with_effects().await;
    once(&client, "key", "print", EFFECT, json!({})).await;
    let age = |hours| format!("UPDATE runledger.idempotency_keys SET created_at = now() - interval '{hours} hours'");

    client.batch_execute(&age(23)).await.unwrap();
    assert!(
        once(&client, "key", "print", EFFECT, json!({}))
            .await
            .contains("replayed")
    );
    client.batch_execute(&age(25)).await.unwrap();
    assert!(
        !once(&client, "key", "another", EFFECT, json!({}))
            .await
            .contains("replayed")
    );
    assert!(
        once(&client, "key", "another", EFFECT, json!({}))
            .await
            .contains("replayed")
    );
    assert_eq!(effects(&client).await, 2);
    database.drop().await;
}

#[tokio::test]
async fn of_many_duplicates_at_once_one_has_the_effect_and_all_have_its_answer() {
    let (database, client) = with_effects().await;
    let sessions = sessions(&database, 24).await;

    for round in 0..10 {
        let key = format!("key {round}");
        let answers = join_all(
            sessions
                .iter()
                .map(|session| once(session, &key, "print", EFFECT, json!({}))),
        )
        .await;
        assert_eq!(originals(&answers), 1, "{answers:?}");
        assert_all_the_same(&answers);
    }
    assert_eq!(effects(&client).await, 10);
    database.drop().await;
}

#[tokio::test]
async fn duplicates_wait_for_the_first_attempt_and_replay_it() {
    let (answers, effects) = duplicates_behind("COMMIT", EFFECT).await;
    assert_eq!((originals(&answers), effects), (0, 1));
    assert_all_the_same(&answers);
}

#[tokio::test]
async fn when_the_first_attempt_is_undone_one_of_the_duplicates_takes_its_place() {
    let (answers, effects) = duplicates_behind("ROLLBACK", EFFECT).await;
    assert_eq!((originals(&answers), effects), (1, 1));
    assert_all_the_same(&answers);
}

#[tokio::test]
async fn when_the_first_attempt_is_refused_one_of_the_duplicates_takes_its_place() {
    // What opens the gate commits together with the refusal: whoever comes next has to see it.
    let answers = duplicates_behind("INSERT INTO gate VALUES (true); COMMIT", GATED).await;
    let (answers, effects) = answers;
    assert_eq!((originals(&answers), effects), (1, 1));
    assert_all_the_same(&answers);
}

/// A first attempt that ends as given, once eight duplicates wait for it: their answers, and how many effects there are.
async fn duplicates_behind(end: &str, statement: &str) -> (Vec<String>, i64) {
    let (database, client) = with_effects().await;
    let sessions = sessions(&database, 8).await;
    let first = database.connect().await;
    first.batch_execute("BEGIN").await.unwrap();
    once(&first, "key", "print", statement, json!({})).await;

    let answers = join_all(
        sessions
            .iter()
            .map(|session| once(session, "key", "print", statement, json!({}))),
    );
    let release = async {
        until_waiting(&client, 8).await;
        first.batch_execute(end).await.unwrap();
    };
    let (answers, ()) = tokio::join!(answers, release);

    let effects = effects(&client).await;
    database.drop().await;
    (answers, effects)
}

async fn with_effects() -> (Database, Client) {
    let (database, client) = Database::migrated().await;
    client
        .batch_execute("CREATE TABLE effects (args jsonb); CREATE TABLE gate (open boolean)")
        .await
        .unwrap();
    (database, client)
}

async fn sessions(database: &Database, count: usize) -> Vec<Client> {
    join_all((0..count).map(|_| database.connect())).await
}

async fn once(client: &Client, key: &str, fingerprint: &str, statement: &str, args: Value) -> String {
    let sql = "SELECT runledger.once('caller', $1, $2, $3, $4)::text";
    client
        .query_one(sql, &[&key, &fingerprint, &statement, &args])
        .await
        .unwrap()
        .get(0)
}

fn originals(answers: &[String]) -> usize {
    answers.iter().filter(|answer| !answer.contains("replayed")).count()
}

fn assert_all_the_same(answers: &[String]) {
    let ok = |answer: &String| serde_json::from_str::<Value>(answer).unwrap()["ok"].clone();
    let first = ok(&answers[0]);
    assert!(
        !first.is_null() && answers.iter().all(|answer| ok(answer) == first),
        "{answers:?}"
    );
}

async fn effects(client: &Client) -> i64 {
    client
        .query_one("SELECT count(*) FROM effects", &[])
        .await
        .unwrap()
        .get(0)
}

async fn keys(client: &Client) -> i64 {
    client
        .query_one("SELECT count(*) FROM runledger.idempotency_keys", &[])
        .await
        .unwrap()
        .get(0)
}

/// Programs from before migration 0024 remember the form in which they tell of runs: a replay has that of today.
#[tokio::test]
async fn what_an_older_program_remembered_is_told_in_the_form_of_today() {
    let (database, client) = Database::migrated().await;
    let execution = json!({ "id": "e", "userId": "u", "agentGraphId": "g", "agentGraphVersion": 1, "inputs": { "a": 1 },
        "executionStatus": "QUEUED", "createdAt": "2026-01-01T00:00:00", "isShared": false, "stats": null });
    let node = json!({ "id": "n", "graph_exec_id": "e", "status": "QUEUED", "data": { "inputs": [] } });
    let in_parts = json!({ "node": { "id": "n", "graph_exec_id": "e", "status": "QUEUED" }, "data": { "inputs": [] } });
    let told = json!({
        "execution": { "id": "e", "user_id": "u", "graph_id": "g", "graph_version": 1, "preset_id": null,
            "parent_graph_exec_id": null, "status": "QUEUED", "created_at": "2026-01-01T00:00:00", "updated_at": null,
            "started_at": null, "ended_at": null, "is_shared": false, "share_token": null },
        "values": { "inputs": { "a": 1 }, "credential_inputs": null, "nodes_input_masks": null, "stats": null,
            "is_cut": false },
        "boundary": [], "nodes": [in_parts] });
    for (place, (remembered, expected)) in [
        (
            json!({ "execution": execution, "boundary": [], "nodes": [node] }),
            told.clone(),
        ),
        (told.clone(), told),
        (
            json!({ "node": node, "given": { "name": "a" } }),
            json!({ "node": in_parts["node"], "data": in_parts["data"], "given": { "name": "a" } }),
        ),
        (
            json!({ "id": "q", "leased_until": null, "execution_context": {}, "node": node }),
            json!({ "id": "q", "leased_until": null, "execution_context": {}, "node_execution": in_parts }),
        ),
        (in_parts.clone(), in_parts.clone()),
        (json!(7), json!(7)),
        (
            json!({ "node": "is a key of something else" }),
            json!({ "node": "is a key of something else" }),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let key = place.to_string();
        let insert =
            "INSERT INTO runledger.idempotency_keys (caller, key, fingerprint, outcome) VALUES ('caller', $1, 'p', $2)";
        client
            .execute(insert, &[&key, &json!({ "ok": remembered })])
            .await
            .unwrap();
        let answer = once(&client, &key, "p", EFFECT, json!({})).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer, json!({ "ok": expected, "replayed": true }));
    }
    database.drop().await;
}
