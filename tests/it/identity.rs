//! Who a caller is: HS256 tokens and their claims, and whom a service or an operator acts for.

use runledger_tests::{
    App, Client,
    tokens::{SECRET, claims, hs256, now, token, unsigned},
};
use serde_json::{Value, json};

/// The claims of a good token with one of them another, or gone.
fn claims_with(name: &str, value: Option<Value>) -> Value {
    let mut claims = claims("ann", "user");
    match value {
        Some(value) => claims[name] = value,
        None => drop(claims.as_object_mut().unwrap().remove(name)),
    }
    claims
}

async fn expect_refused(app: &App, what: &str, authorization: &str) {
    let refused = app
        .anonymous
        .get("/api/executions")
        .header("authorization", authorization)
        .expect(401)
        .await;
    assert!(
        !refused.problem().document["detail"].as_str().unwrap().is_empty(),
        "{what}"
    );
}

#[tokio::test]
async fn a_header_that_is_no_bearer_token_is_refused() {
    let app = App::start().await;
    app.anonymous.get("/api/executions").expect(401).await;
    let good = token("ann", "user");
    for authorization in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {good}"),
        format!("Token {good}"),
        good.clone(),
        format!("Bearer{good}"),
        format!("Bearer {good} {good}"),
        format!("Bearer {good}, Bearer {good}"),
        "Bearer garbage".to_owned(),
        "Bearer a.b.c".to_owned(),
        "Bearer ..".to_owned(),
        format!("Bearer {}", "a".repeat(10_000)),
        "Bearer é".to_owned(),
    ] {
        expect_refused(&app, &authorization, &authorization).await;
    }
    app.anonymous
        .get("/api/executions")
        .header("authorization", &format!("bearer {good}"))
        .expect(200)
        .await;
}

#[tokio::test]
async fn a_token_whose_signature_does_not_hold_is_refused() {
    let app = App::start().await;
    let good_claims = claims("ann", "user");
    let good = token("ann", "user");
    let parts: Vec<&str> = good.split('.').collect();
    let other = hs256(SECRET.as_bytes(), &claims("ann", "admin"));
    let other_payload = other.split('.').nth(1).unwrap();
    for (what, bad) in [
        (
            "another secret",
            hs256(b"another secret, also longer than 32 bytes", &good_claims),
        ),
        ("an empty secret", hs256(b"", &good_claims)),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("four parts", format!("{good}.{}", parts[2])),
        ("another payload", format!("{}.{other_payload}.{}", parts[0], parts[2])),
        (
            "alg none",
            unsigned(&json!({ "alg": "none", "typ": "JWT" }), &good_claims),
        ),
        ("alg None", unsigned(&json!({ "alg": "None" }), &good_claims)),
        ("no alg", unsigned(&json!({ "typ": "JWT" }), &good_claims)),
        ("an unknown alg", unsigned(&json!({ "alg": "XX256" }), &good_claims)),
        ("a header that is no object", unsigned(&json!([1]), &good_claims)),
    ] {
        expect_refused(&app, what, &format!("Bearer {bad}")).await;
    }
}

#[tokio::test]
async fn every_claim_is_checked() {
    let app = App::start().await;
    for (name, value) in [
        ("exp", None),
        ("exp", Some(json!(now() - 3600))),
        ("exp", Some(json!("soon"))),
        ("exp", Some(json!(-1))),
        ("exp", Some(Value::Null)),
        ("nbf", Some(json!(now() + 3600))),
        ("sub", None),
        ("sub", Some(json!(""))),
        ("sub", Some(json!(7))),
        ("sub", Some(Value::Null)),
        ("sub", Some(json!("a\nb"))),
        ("sub", Some(json!("a".repeat(129)))),
        ("role", None),
        ("role", Some(json!("root"))),
        ("role", Some(json!("Admin"))),
        ("role", Some(json!(["admin"]))),
        ("role", Some(Value::Null)),
    ] {
        let bad = hs256(SECRET.as_bytes(), &claims_with(name, value.clone()));
        expect_refused(&app, &format!("{name}: {value:?}"), &format!("Bearer {bad}")).await;
    }
    for (name, value) in [
        ("nbf", Some(json!(now() - 10))),
        ("more", Some(json!({ "of": 1 }))),
        ("aud", Some(json!("anybody"))),
    ] {
        let good = hs256(SECRET.as_bytes(), &claims_with(name, value));
        app.anonymous.with_token(good).get("/api/executions").expect(200).await;
    }
}

#[tokio::test]
async fn the_audience_is_checked_where_one_is_set() {
    let app = App::builder().variable("jwt_audience", "ledger").start().await;
    for (audience, status) in [
        (None, 401),
        (Some(json!("another")), 401),
        (Some(json!(["another"])), 401),
        (Some(json!("ledger")), 200),
        (Some(json!(["another", "ledger"])), 200),
    ] {
        let bearer = hs256(SECRET.as_bytes(), &claims_with("aud", audience));
        app.anonymous
            .with_token(bearer)
            .get("/api/executions")
            .expect(status)
            .await;
    }
}

#[tokio::test]
async fn an_application_with_a_short_secret_serves_nobody() {
    let short = "only 31 bytes long, one too few";
    assert_eq!(short.len(), 31);
    let app = App::builder().variable("jwt_secret", short).start().await;
    let caller = app
        .anonymous
        .with_token(hs256(short.as_bytes(), &claims("ann", "user")));
    let reply = caller.get("/api/executions").send().await.expect("the host answers");
    assert!(matches!(reply.status, 401 | 500 | 503), "{reply}");
    assert_eq!(reply.problem().document["status"], reply.status, "{reply}");
}

#[tokio::test]
async fn a_service_or_operator_reaches_the_user_that_it_acts_for_or_else_everybody() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    app.create_for(&graph, "ann").await;
    app.create_for(&graph, "bob").await;
    let count = async |caller: Client| caller.get("/api/executions/count").expect(200).await.json()["count"].clone();
    for (caller, expected) in [
        (app.user("ann"), 1),
        (app.user("carol"), 0),
        (app.user("ann").acting_for("bob"), 1),
        (app.user("carol").acting_for("bob"), 0),
        (app.service.clone(), 2),
        (app.service_for("bob"), 1),
        (app.service_for("carol"), 0),
        (app.admin.clone(), 2),
        (app.admin_for("ann"), 1),
    ] {
        assert_eq!(count(caller).await, expected);
    }
    let of_bob = app
        .user("carol")
        .acting_for("bob")
        .get("/api/executions")
        .expect(200)
        .await
        .json();
    assert_eq!(of_bob["executions"], json!([]), "the header of a user is ignored");
}

#[tokio::test]
async fn a_user_id_that_is_none_is_refused_and_a_missing_one_is_asked_for() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let pointer = &["/headers/x-user-id"];
    for bad in ["", &"u".repeat(129), "a\tb"] {
        app.service_for(bad)
            .get("/api/executions")
            .expect(422)
            .await
            .expect_pointers(pointer);
        app.admin_for(bad)
            .get("/api/executions")
            .expect(422)
            .await
            .expect_pointers(pointer);
    }
    let create = app.service.post(&graph.executions()).json(&graph.creation());
    create.expect(422).await.expect_pointers(pointer);
    let register = app
        .service
        .put("/api/graphs/other/versions/1")
        .json(&json!({ "name": "n", "nodes": [], "links": [] }));
    register.expect(422).await.expect_pointers(pointer);
}
