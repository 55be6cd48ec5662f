//! Accuracy trends: daily scores, means over rows or days, alerts.

use runledger_tests::{App, Graph};
use serde_json::{Value, json};

const PATH: &str = "/api/executions/admin/execution_accuracy_trends";

/// Stores an execution so many days ago, past the API.
async fn store(app: &App, graph: &Graph, user: &str, days_ago: i32, status: &str, score: Option<f64>) {
    app.db
        .execute(
            r#"INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "createdAt", "executionStatus", stats)
               VALUES (gen_random_uuid()::text, $1, $2,
                   (now() AT TIME ZONE 'UTC')::date - $3::int + interval '12 hours', $4::text::"AgentExecutionStatus",
                   jsonb_build_object('correctness_score', $5::float8))"#,
            &[&user, &graph.id, &days_ago, &status, &score],
        )
        .await;
}

async fn trends(app: &App, query: &str) -> Value {
    app.admin.get(&format!("{PATH}?{query}")).expect(200).await.json()
}

/// The numbers of a day.
fn numbers(day: &Value) -> [Option<f64>; 4] {
    ["daily_score", "three_day_avg", "seven_day_avg", "fourteen_day_avg"].map(|name| day[name].as_f64())
}

#[tokio::test]
async fn nothing_found_is_now_and_nulls() {
    let app = App::start().await;
    let reply = trends(&app, "graph_id=none").await;
    assert!(reply["latest_data"]["date"].is_string());
    assert_eq!(numbers(&reply["latest_data"]), [None; 4]);
    assert_eq!(
        (&reply["alert"], &reply["historical_data"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn a_day_has_the_mean_of_its_finished_executions() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for (days_ago, status, score) in [
        (1, "COMPLETED", Some(0.8)),
        (1, "FAILED", Some(0.4)),
        (1, "TERMINATED", None),
        (1, "RUNNING", Some(0.0)),
        (2, "COMPLETED", None),
        (3, "QUEUED", Some(1.0)),
    ] {
        store(&app, &graph, "ann", days_ago, status, score).await;
    }
    store(&app, &app.graph("other", "ann").await, "ann", 1, "COMPLETED", Some(0.1)).await;
    let reply = trends(&app, "graph_id=weather&include_historical=true").await;
    let days = reply["historical_data"].as_array().unwrap();
    // A day with runs and no scores is a row; one without finished runs is none.
    assert_eq!(days.len(), 2);
    assert_eq!(numbers(&days[0]), [Some(60.0); 4]);
    assert_eq!(numbers(&days[1]), [None; 4]);
    assert_eq!(reply["latest_data"], days[0]);
    assert!(days[0]["date"].as_str().unwrap().ends_with("T00:00:00.000Z"));

    app.db
        .execute(r#"UPDATE "AgentGraphExecution" SET "isDeleted" = true"#, &[])
        .await;
    let reply = trends(&app, "graph_id=weather&include_historical=true").await;
    assert_eq!(reply["historical_data"], json!([]));
}

#[tokio::test]
async fn means_run_over_rows_or_over_the_calendar() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for (days_ago, score) in [(0, 0.6), (1, 0.7), (5, 0.8), (6, 0.9), (12, 1.0)] {
        store(&app, &graph, "ann", days_ago, "COMPLETED", Some(score)).await;
    }
    let rows = trends(&app, "graph_id=weather").await;
    assert_eq!(
        numbers(&rows["latest_data"]),
        [Some(60.0), Some(70.0), Some(80.0), Some(80.0)]
    );
    assert_eq!(
        trends(&app, "graph_id=weather&window=rows").await["latest_data"],
        rows["latest_data"]
    );
    let calendar = trends(&app, "graph_id=weather&window=calendar").await;
    assert_eq!(
        numbers(&calendar["latest_data"]),
        [Some(60.0), Some(65.0), Some(75.0), Some(80.0)]
    );
    // What lies before the days that count is left out.
    let short = trends(&app, "graph_id=weather&days_back=6").await;
    assert_eq!(
        numbers(&short["latest_data"]),
        [Some(60.0), Some(70.0), Some(75.0), Some(75.0)]
    );
}

#[tokio::test]
async fn a_fall_by_the_threshold_is_an_alert() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    // Seven days with a mean of 80, the last three with one of 72: a fall of exactly a tenth.
    for (days_ago, score) in [
        (0, 0.7),
        (1, 0.72),
        (2, 0.74),
        (3, 0.86),
        (4, 0.86),
        (5, 0.86),
        (6, 0.86),
    ] {
        store(&app, &graph, "ann", days_ago, "COMPLETED", Some(score)).await;
    }
    let alert = trends(&app, "graph_id=weather").await["alert"].clone();
    assert_eq!(
        (&alert["graph_id"], &alert["user_id"]),
        (&json!("weather"), &Value::Null)
    );
    assert_eq!(
        (&alert["drop_percent"], &alert["three_day_avg"], &alert["seven_day_avg"]),
        (&json!(10.0), &json!(72.0), &json!(80.0))
    );
    assert!(alert["detected_at"].is_string());
    assert_eq!(
        trends(&app, "graph_id=weather&drop_threshold=10.1").await["alert"],
        Value::Null
    );
    assert_eq!(
        trends(&app, "graph_id=weather&user_id=ann").await["alert"]["user_id"],
        "ann"
    );
    assert_eq!(trends(&app, "graph_id=weather&user_id=bob").await["alert"], Value::Null);
}

#[tokio::test]
async fn parameters_are_checked() {
    let app = App::start().await;
    for (query, pointer) in [
        ("", "/query/graph_id"),
        ("graph_id=a&days_back=0", "/query/days_back"),
        ("graph_id=a&days_back=366", "/query/days_back"),
        ("graph_id=a&drop_threshold=0", "/query/drop_threshold"),
        ("graph_id=a&drop_threshold=100.1", "/query/drop_threshold"),
        ("graph_id=a&drop_threshold=NaN", "/query/drop_threshold"),
        ("graph_id=a&window=weeks", "/query/window"),
    ] {
        let problem = app.admin.get(&format!("{PATH}?{query}")).expect(422).await.problem();
        assert_eq!(problem.document["errors"][0]["pointer"], pointer, "{query}");
    }
    let other = app
        .admin_for("ann")
        .get(&format!("{PATH}?graph_id=a&user_id=bob"))
        .expect(422)
        .await;
    assert_eq!(other.problem().document["errors"][0]["pointer"], "/query/user_id");
    app.admin
        .get(&format!("{PATH}?graph_id=a&days_back=365&drop_threshold=100"))
        .expect(200)
        .await;
}

#[tokio::test]
async fn days_are_right_while_rollups_are_not_complete() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for (days_ago, score) in [(0, Some(0.6)), (1, None), (4, Some(0.9))] {
        store(&app, &graph, "ann", days_ago, "COMPLETED", score).await;
    }
    let query = "graph_id=weather&include_historical=true";
    let before = trends(&app, query).await;
    app.db.execute("DELETE FROM runledger.execution_rollups", &[]).await;
    app.db
        .execute("INSERT INTO runledger.rollup_backfill (counted_to) VALUES ('')", &[])
        .await;
    assert_eq!(trends(&app, query).await, before);
    assert_eq!(
        trends(&app, &format!("{query}&user_id=ann")).await["historical_data"],
        before["historical_data"]
    );
}
