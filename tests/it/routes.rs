//! Every operation of the route table: described, and answered as it must be without a token, with a wrong role, and as
//! another tenant. One test holds the table against the OpenAPI document, so that no operation goes without them.

use std::{collections::BTreeSet, time::Duration};

use runledger_tests::App;
use serde_json::{Value, json};

use crate::operations::{Access, FORGET_STRANGERS, OPERATIONS, Operation, Stranger, shape, world};

#[tokio::test]
async fn the_table_and_the_openapi_document_list_the_same_operations() {
    let app = App::start().await;
    let document = app.anonymous.get("/api/openapi.json").expect(200).await.json();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("the document has paths") {
        for method in ["get", "put", "post", "delete", "options", "head", "patch", "trace"] {
            if item.get(method).is_some() {
                described.insert(shape(method, path));
            }
        }
    }
    let tested: BTreeSet<String> = OPERATIONS.iter().map(Operation::shape).collect();
    assert_eq!(tested.len(), OPERATIONS.len(), "an operation stands twice in the table");
    assert_eq!(
        described, tested,
        "left: the OpenAPI document; right: the table of this test"
    );
}

#[tokio::test]
async fn no_operation_but_the_public_ones_answers_without_a_token() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = app.create(&graph).await;
    let before = app.db.snapshot().await;
    for operation in &OPERATIONS {
        let request = operation.request(&app.anonymous, &graph, &execution);
        let expected = match (operation.access, operation.stranger) {
            (Access::Public, Stranger::Refused(status)) => status,
            (Access::Public, _) => 200,
            _ => 401,
        };
        request.expect(expected).await;
    }
    app.db.expect_unchanged(&before, "a request without a token").await;
}

#[tokio::test]
async fn an_operation_of_another_role_answers_403() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = app.create(&graph).await;
    let before = app.db.snapshot().await;
    for operation in &OPERATIONS {
        for caller in operation.access.wrong_callers(&app) {
            operation.request(&caller, &graph, &execution).expect(403).await;
            // Whether the thing exists is none of a wrong role's business.
            operation
                .request(&caller, &graph, "no-such-execution")
                .expect(403)
                .await;
        }
    }
    app.db.expect_unchanged(&before, "a request of another role").await;
}

#[tokio::test]
async fn another_tenant_sees_and_changes_nothing_on_any_route() {
    let (app, graph, execution, deleted) = world().await;
    let before = app.db.snapshot().await;
    for operation in &OPERATIONS {
        for stranger in operation.access.strangers(&app) {
            for id in [&execution, &deleted] {
                let request = operation.request(&stranger, &graph, id);
                match operation.stranger {
                    Stranger::Refused(status) => drop(request.expect(status).await),
                    Stranger::EmptyList => {
                        let list = request.expect(200).await.json();
                        let rows = ["executions", "node_executions", "jobs", "transactions"]
                            .iter()
                            .find_map(|name| list.get(name));
                        assert_eq!(rows, Some(&json!([])), "{}", operation.shape());
                        let total = list
                            .get("pagination")
                            .map_or(&Value::Null, |pages| &pages["total_items"]);
                        assert!(*total == 0 || total.is_null(), "{}", operation.shape());
                    }
                    Stranger::Zero(name) => assert_eq!(request.expect(200).await.json()[name], 0),
                    Stranger::ItsOwn(status) => {
                        request.expect(status).await;
                        app.db.execute(FORGET_STRANGERS, &[]).await;
                    }
                    // All that ever happened, had it happened to the stranger, would come at once.
                    Stranger::SilentStream => {
                        let mut stream = request.header("last-event-id", "0").open().await;
                        stream.expect_silence(Duration::from_millis(300)).await;
                    }
                    Stranger::EmptyArray => assert_eq!(request.expect(200).await.json(), json!([])),
                    Stranger::NoTrend => {
                        let trend = request.expect(200).await.json();
                        assert_eq!(trend["latest_data"]["daily_score"], Value::Null);
                    }
                    Stranger::NothingToSee => {}
                }
            }
        }
    }
    app.db.expect_unchanged(&before, "a request of another tenant").await;
}

#[tokio::test]
async fn another_tenants_execution_and_one_that_does_not_exist_look_the_same() {
    let (app, graph, execution, _) = world().await;
    for operation in OPERATIONS
        .iter()
        .filter(|operation| operation.stranger == Stranger::Refused(404))
    {
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
