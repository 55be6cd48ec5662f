//! Many requests at once: more than there are connections to the database, and those of different callers.

use futures::future::join_all;
use runledger_tests::{App, is_like_spin};

#[tokio::test]
async fn more_requests_than_connections_all_succeed() {
    if is_like_spin() {
        return;
    }
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let creations = (0..300).map(|_| {
        app.service_for("ann")
            .post(&graph.executions())
            .json(&graph.creation())
            .expect(201)
    });
    let ids: Vec<String> = join_all(creations).await.iter().map(|reply| reply.text("id")).collect();
    let ann = app.user("ann");
    join_all(
        ids.iter()
            .map(|id| ann.get(&format!("/api/executions/{id}")).expect(200)),
    )
    .await;
    let starts = ids
        .iter()
        .map(|id| app.service.post(&format!("/api/executions/{id}/start")).expect(200));
    join_all(starts).await;
    let count = ann
        .get("/api/executions/count?statuses=RUNNING")
        .expect(200)
        .await
        .json();
    assert_eq!(count["count"], 300);
}

#[tokio::test]
async fn callers_who_ask_at_once_get_each_their_own() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let users: Vec<String> = (0..10).map(|number| format!("user-{number}")).collect();
    for user in &users {
        app.create_for(&graph, user).await;
    }
    let questions = users.iter().cycle().take(200).map(|user| {
        let caller = app.user(user);
        async move { (user, caller.get("/api/executions").expect(200).await.json()) }
    });
    for (user, list) in join_all(questions).await {
        assert_eq!(
            (
                list["executions"].as_array().unwrap().len(),
                &list["executions"][0]["user_id"]
            ),
            (1, &user.as_str().into())
        );
    }
}
