//! The authorisation matrix: every operation of openapi.json, answered as it must be without a token, with one whose
//! signature does not hold, with an expired one, with a wrong role, and as another tenant. The operations come from the
//! document that the application serves, so that none goes without; who may call, and what a stranger gets, from the
//! table beside this file, so that the document cannot be wrong together with the code.

use std::{collections::BTreeMap, time::Duration};

use runledger_tests::{App, Client, Graph, tokens};
use serde_json::{Value, json};

use crate::operations::{Access, FORGET_STRANGERS, Operation, Stranger, operations, shape, world};

/// An operation of openapi.json, with its line of the table.
struct Described {
    shape: String,
    roles: Vec<String>,
    public: bool,
    statuses: Vec<String>,
    operation: &'static Operation,
}

/// The operations of openapi.json. Fails for one that the table lacks, and for a line of the table that it lacks.
async fn described(app: &App) -> Vec<Described> {
    let document = app.anonymous.get("/api/openapi.json").expect(200).await.json();
    let mut table: BTreeMap<String, &'static Operation> =
        operations().map(|operation| (operation.shape(), operation)).collect();
    assert_eq!(
        table.len(),
        operations().count(),
        "an operation stands twice in the table"
    );
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("the document has paths") {
        for method in ["get", "put", "post", "delete", "options", "head", "patch", "trace"] {
            let Some(described) = item.get(method) else { continue };
            let shape = shape(method, path);
            let operation = table
                .remove(&shape)
                .unwrap_or_else(|| panic!("the table lacks {shape}"));
            let roles = described["x-roles"].as_array().expect("an operation names its roles");
            found.push(Described {
                shape,
                roles: roles.iter().map(|role| role.as_str().unwrap().to_owned()).collect(),
                public: described["security"] == json!([{}]),
                statuses: described["responses"].as_object().unwrap().keys().cloned().collect(),
                operation,
            });
        }
    }
    assert!(table.is_empty(), "not described: {:?}", table.keys());
    found
}

/// A case of the matrix: who calls, and what has to come of it.
struct Case {
    name: &'static str,
    caller: Client,
    expected: u16,
}

/// What holds without regard to what is stored.
fn cases(app: &App, described: &Described) -> Vec<Case> {
    let role = described.roles.first().map_or("service", String::as_str);
    let claims = tokens::claims("ann", role);
    let mut expired = claims.clone();
    expired["exp"] = (tokens::now() - 3600).into();
    let mut early = claims.clone();
    early["nbf"] = (tokens::now() + 3600).into();
    let good = tokens::hs256(tokens::SECRET.as_bytes(), &claims);
    let (head, _) = good.rsplit_once('.').unwrap();
    let other_payload = tokens::hs256(tokens::SECRET.as_bytes(), &tokens::claims("bob", role));
    let unsigned = json!({ "alg": "none", "typ": "JWT" });
    let bad = [
        ("no token", None),
        (
            "another secret",
            Some(tokens::hs256(b"another secret that is longer than 32 bytes", &claims)),
        ),
        (
            "another token's signature",
            Some(format!("{head}.{}", other_payload.rsplit('.').next().unwrap())),
        ),
        ("no signature", Some(tokens::unsigned(&unsigned, &claims))),
        (
            "an expired token",
            Some(tokens::hs256(tokens::SECRET.as_bytes(), &expired)),
        ),
        (
            "a token of tomorrow",
            Some(tokens::hs256(tokens::SECRET.as_bytes(), &early)),
        ),
    ];
    let mut cases: Vec<Case> = bad
        .into_iter()
        .map(|(name, token)| Case {
            name,
            caller: token
                .map_or_else(|| app.anonymous.clone(), |token| app.anonymous.with_token(token))
                .acting_for("ann"),
            expected: match (described.operation.access, described.operation.stranger) {
                // A public operation does not look at tokens.
                (Access::Public, Stranger::Refused(status)) => status,
                (Access::Public, _) => 200,
                _ => 401,
            },
        })
        .collect();
    cases.extend(
        described
            .operation
            .access
            .wrong_callers(app)
            .into_iter()
            .map(|caller| Case {
                name: "a wrong role",
                caller,
                expected: 403,
            }),
    );
    cases
}

#[tokio::test]
async fn every_operation_refuses_bad_tokens_and_wrong_roles() {
    let (app, graph, execution, _) = world().await;
    let before = app.db.snapshot().await;
    let described = described(&app).await;
    for described in &described {
        let Described {
            shape,
            roles,
            public,
            statuses,
            operation,
        } = described;
        let mut contract: Vec<_> = operation.access.roles().to_vec();
        contract.sort_unstable();
        let mut named: Vec<_> = roles.iter().map(String::as_str).collect();
        named.sort_unstable();
        assert_eq!(named, contract, "{shape}: left: openapi.json; right: the contract");
        assert_eq!(*public, roles.is_empty(), "{shape}: openapi.json contradicts itself");
        for case in cases(&app, described) {
            // Whether the thing exists is none of a wrong caller's business.
            for id in [execution.as_str(), "no-such-execution"] {
                let reply = operation.request(&case.caller, &graph, id).send().await.unwrap();
                assert_eq!(reply.status, case.expected, "{shape}, {}\n{reply}", case.name);
                assert!(
                    statuses.contains(&reply.status.to_string()),
                    "{shape}, {}: not described\n{reply}",
                    case.name
                );
            }
        }
    }
    app.db.expect_unchanged(&before, "a request that was refused").await;
}

#[tokio::test]
async fn another_tenant_sees_and_changes_nothing_on_any_operation() {
    let (app, graph, execution, deleted) = world().await;
    let before = app.db.snapshot().await;
    for described in described(&app).await {
        for stranger in described.operation.access.strangers(&app) {
            for id in [&execution, &deleted] {
                meets_a_stranger(&app, described.operation, &stranger, &graph, id).await;
            }
        }
    }
    app.db.expect_unchanged(&before, "a request of another tenant").await;
}

/// What a stranger gets from an operation about `ann`'s execution `id`.
async fn meets_a_stranger(app: &App, operation: &Operation, stranger: &Client, graph: &Graph, id: &str) {
    let request = operation.request(stranger, graph, id);
    let shape = operation.shape();
    match operation.stranger {
        Stranger::Refused(status) => drop(request.expect(status).await),
        Stranger::EmptyList => {
            let list = request.expect(200).await.json();
            let rows = ["executions", "node_executions", "jobs", "transactions"]
                .iter()
                .find_map(|name| list.get(name));
            assert_eq!(rows, Some(&json!([])), "{shape}");
            let total = list
                .get("pagination")
                .map_or(&Value::Null, |pages| &pages["total_items"]);
            assert!(*total == 0 || total.is_null(), "{shape}");
        }
        Stranger::Zero(name) => assert_eq!(request.expect(200).await.json()[name], 0, "{shape}"),
        Stranger::ItsOwn(status) => {
            request.expect(status).await;
            app.db.execute(FORGET_STRANGERS, &[]).await;
        }
        // All that ever happened, had it happened to the stranger, would come at once.
        Stranger::SilentStream => {
            let mut stream = request.header("last-event-id", "0").open().await;
            stream.expect_silence(Duration::from_millis(300)).await;
        }
        Stranger::Bare(json) => {
            let expected: Value = serde_json::from_str(json).unwrap();
            assert_eq!(request.expect(200).await.json(), expected, "{shape}");
        }
        Stranger::NoTrend => {
            let trend = request.expect(200).await.json();
            assert_eq!(trend["latest_data"]["daily_score"], Value::Null, "{shape}");
        }
        Stranger::NothingToSee => {}
    }
}

#[tokio::test]
async fn another_tenants_execution_and_one_that_does_not_exist_look_the_same() {
    let (app, graph, execution, _) = world().await;
    for operation in operations().filter(|operation| operation.stranger == Stranger::Refused(404)) {
        let caller = match operation.access {
            Access::Service => app.service_for("bob"),
            Access::Admin => app.admin_for("bob"),
            _ => app.user("bob"),
        };
        let mut answers = Vec::new();
        for id in [execution.as_str(), "no-such-execution"] {
            let mut problem = operation
                .request(&caller, &graph, id)
                .expect(404)
                .await
                .problem()
                .document;
            problem["instance"] = Value::Null;
            answers.push(problem.to_string().replace(id, "…"));
        }
        assert_eq!(answers[0], answers[1], "{}", operation.shape());
    }
}
