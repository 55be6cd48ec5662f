//! Who a caller is: HS256 tokens and their claims, and whom a service or an operator acts for.

use runledger_tests::{
    App, Client, is_spin,
    tokens::{SECRET, claims, hs256, now, token, unsigned},
    until,
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
async fn the_platforms_names_of_roles_are_roles() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    app.create(&graph).await;
    let caller = |subject: &str, role: &str| {
        let bearer = hs256(SECRET.as_bytes(), &claims(subject, role));
        app.anonymous.with_token(bearer)
    };
    let count = async |caller: Client| caller.get("/api/executions/count").expect(200).await.json()["count"].clone();
    assert_eq!(count(caller("ann", "authenticated")).await, 1);
    assert_eq!(count(caller("bob", "authenticated")).await, 0);
    assert_eq!(count(caller("executor", "service_role")).await, 1);
    let as_user = caller("ann", "authenticated").post(&graph.executions());
    as_user.json(&graph.creation()).expect(403).await;
    let as_service = caller("executor", "service_role").acting_for("ann");
    as_service
        .post(&graph.executions())
        .json(&graph.creation())
        .expect(201)
        .await;
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_serves_nobody_and_readiness_says_what_to_set() {
    let short = "only 31 bytes long, one too few";
    assert_eq!(short.len(), 31);
    let private = "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----";
    for (name, value, told) in [
        ("jwt_secret", short, "it needs 32 or more"),
        ("jwt_public_keys", private, "holds a private key"),
        (
            "jwt_public_keys",
            "-----BEGIN PUBLIC KEY-----\nAA",
            "neither RSA nor EC P-256",
        ),
        ("max_body_bytes", "8 MB", "set it to a number of bytes"),
        ("max_message_size_limit", "-1", "set it to a number of bytes"),
        ("enable_activity_features", "yes", "set it to true or false"),
    ] {
        let app = App::builder().variable(name, value).start().await;
        let ready = app.anonymous.get("/api/health/ready").expect(503).await;
        assert_eq!(ready.text("type"), "/problems/not-configured");
        let detail = ready.text("detail");
        assert!(detail.starts_with(name) && detail.contains(told), "{detail}");
        assert!(!detail.contains("MIGHAgEA") && !detail.contains(short), "{detail}");
        let caller = app
            .anonymous
            .with_token(hs256(short.as_bytes(), &claims("ann", "user")));
        for _ in 0..3 {
            let reply = caller.get("/api/executions").send().await.expect("the host answers");
            assert_eq!(
                (reply.status, reply.text("type").as_str()),
                (500, "/problems/internal"),
                "{reply}"
            );
            assert!(!reply.text("detail").contains(name), "{reply}");
        }
        if !is_spin() {
            let told_at_start = async || {
                let lines = app.host.log();
                let line = lines
                    .iter()
                    .find(|line| line.contains("the application serves nothing"));
                line.filter(|line| line.contains("ERROR") && line.contains(told))
                    .cloned()
            };
            until("the host says so", told_at_start).await;
        }
    }
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
