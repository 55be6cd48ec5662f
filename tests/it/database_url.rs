//! The platform's own database URL, and what is wrong with others.

use runledger_tests::{App, Database, is_pooled, until};

#[tokio::test]
async fn the_platforms_own_url_is_migrated_and_served() {
    if is_pooled() {
        return;
    }
    let server = std::env::var("DATABASE_URL").expect("DATABASE_URL names a server");
    let parameters = "connect_timeout=60&connection_limit=5&pgbouncer=true&pool_timeout=10";
    let db = Database::in_schema(&server, "platform", parameters).await;
    let app = App::builder().start_on(db).await;
    let graph = app.graph("weather", "ann").await;

    let id = app.create_in(&graph, "COMPLETED").await;

    let shown = app.user("ann").get(&format!("/api/executions/{id}")).expect(200).await;
    assert_eq!(shown.text("status"), "COMPLETED");
    let stored = r#"SELECT count(*) FROM platform."AgentGraphExecution" WHERE id = $1"#;
    assert_eq!(app.db.number(stored, &[&id]).await, 1);
    app.anonymous.get("/api/health/ready").expect(200).await;
    let remark = "sets connection_limit, pgbouncer, pool_timeout, which only a Prisma pool knows";
    let told = app.host.log().iter().filter(|line| line.contains(remark)).count();
    assert_eq!(told, 1, "{:#?}", app.host.log());
}

#[tokio::test]
async fn what_is_wrong_with_a_url_is_told_without_its_password() {
    let url = "\"postgres://u:hunter2@127.0.0.1/d\"";
    let app = App::builder().variable("database_url", url).start().await;
    let reply = app.user("ann").get("/api/executions").send().await.unwrap();
    assert!(reply.status >= 500, "{reply}");
    let fault = "it stands in quotation marks: leave them out";
    let told = async || app.host.log().iter().any(|line| line.contains(fault)).then_some(());
    until("the fault is in the log", told).await;
    assert!(!app.host.log().concat().contains("hunter2"), "{:#?}", app.host.log());
}
