//! Postgres dies and comes back under load: what was acknowledged is there, and nobody has to restart the application.

use std::{
    path::PathBuf,
    process,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use runledger_tests::{App, Graph, until};
use serde_json::json;
use xtask::servers::{Durability, Postgres, PostgresConfig};

/// How many write at once.
const WRITERS: usize = 8;

/// A Postgres server of a test's own, removed with its data.
struct Server(Option<Postgres>);

impl Server {
    fn start(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", process::id()));
        let config = PostgresConfig::new(folder, Durability::Kept);
        Self(Some(Postgres::start(config).expect("a private Postgres starts")))
    }

    fn postgres(&mut self) -> &mut Postgres {
        self.0.as_mut().expect("it is there until the end")
    }

    async fn app(&mut self) -> App {
        let url = self.postgres().url("postgres");
        App::builder().server(&url).start().await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.take().map(Postgres::remove) {
            eprintln!("the private Postgres was not removed: {error}");
        }
    }
}

/// What the writers have seen.
#[derive(Default)]
struct Ledger {
    /// The executions whose creation was acknowledged, one for each key.
    acknowledged: Mutex<Vec<String>>,
    refusals: AtomicUsize,
    stop: AtomicBool,
}

impl Ledger {
    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }
}

/// Creates executions one after the other, each under a key of its own, until it is told to stop; a request that was
/// refused is sent again.
async fn write(app: Arc<App>, graph: Graph, ledger: Arc<Ledger>, writer: usize) {
    let mut number = 0;
    while !ledger.stop.load(Ordering::Relaxed) {
        let key = format!("{writer}-{number}");
        let request = app
            .service_for("ann")
            .post(&graph.executions())
            .json(&graph.creation())
            .key(&key);
        let id = until("the creation is acknowledged", async || {
            let reply = request
                .clone()
                .send()
                .await
                .unwrap_or_else(|error| panic!("no answer: {error}"));
            if reply.status == 201 {
                return Some(reply.text("id"));
            }
            assert_eq!(reply.status, 503, "{reply}");
            assert!(reply.header("retry-after").is_some(), "{reply}");
            assert_eq!(reply.problem().document["status"], 503, "{reply}");
            ledger.refusals.fetch_add(1, Ordering::Relaxed);
            None
        })
        .await;
        ledger.acknowledged.lock().unwrap().push(id);
        number += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_crashes_under_load_and_no_acknowledged_write_is_lost() {
    let mut server = Server::start("crash");
    let app = Arc::new(server.app().await);
    let graph = app.graph("weather", "ann").await;
    let ledger = Arc::new(Ledger::default());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(Arc::clone(&app), graph.clone(), Arc::clone(&ledger), writer)))
        .collect();

    for _ in 0..2 {
        let (acknowledged, refusals) = (ledger.count(), ledger.refusals.load(Ordering::Relaxed));
        until("there is load", async || {
            (ledger.count() >= acknowledged + 50).then_some(())
        })
        .await;
        server.postgres().crash().expect("Postgres can be made to crash");
        until("writers are refused", async || {
            (ledger.refusals.load(Ordering::Relaxed) >= refusals + WRITERS).then_some(())
        })
        .await;
        server.postgres().restart().expect("Postgres recovers");
        let acknowledged = ledger.count();
        until("writes succeed again", async || {
            (ledger.count() >= acknowledged + 50).then_some(())
        })
        .await;
    }
    ledger.stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer
            .await
            .expect("no writer saw anything but an acknowledgement or a refusal");
    }

    let mut app = Arc::into_inner(app).expect("the writers are done");
    app.db.reconnect().await;
    let stored = app
        .db
        .rows(r#"SELECT id FROM "AgentGraphExecution" ORDER BY id"#, &[])
        .await;
    let stored: Vec<&str> = stored.iter().filter_map(|row| row["id"].as_str()).collect();
    let mut acknowledged = ledger.acknowledged.lock().unwrap().clone();
    acknowledged.sort();
    assert_eq!(
        stored, acknowledged,
        "each key made the one execution that was acknowledged for it"
    );
    assert!(app.host.is_running());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_database_every_route_says_503_and_health_says_ok() {
    let mut server = Server::start("away");
    let mut app = server.app().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let path = format!("/api/executions/{id}");
    // Connections that are kept, so that their end has to be noticed.
    futures::future::join_all((0..16).map(|_| app.user("ann").get(&path).expect(200))).await;
    server.postgres().crash().expect("Postgres can be made to crash");
    let requests = [
        app.user("ann").get(&path),
        app.user("ann").get("/api/executions"),
        app.user("ann").get("/api/executions/count"),
        app.user("ann").get(&graph.executions()),
        app.user("ann").get(&format!("{path}/children")),
        app.user("ann").post(&format!("{path}/stop")),
        app.user("ann").delete(&path),
        app.service.patch(&path).json(&json!({ "status": "RUNNING" })),
        app.service_for("ann").post(&graph.executions()).json(&graph.creation()),
        app.service_for("ann")
            .post(&graph.executions())
            .json(&graph.creation())
            .key("once"),
        app.anonymous.get("/api/health/ready"),
    ];
    for request in &requests {
        request.clone().expect(503).await;
    }
    futures::future::join_all(
        requests
            .iter()
            .cycle()
            .take(64)
            .map(|request| request.clone().expect(503)),
    )
    .await;
    app.anonymous.get("/api/health").expect(200).await;
    app.anonymous.get("/api/openapi.json").expect(200).await;
    app.anonymous.get(&path).expect(401).await;
    app.user("ann").get("/api/executions?page=0").expect(422).await;

    server.postgres().restart().expect("Postgres starts again");
    until("the application is ready", async || {
        let reply = app.anonymous.get("/api/health/ready").send().await.ok()?;
        (reply.status == 200).then_some(())
    })
    .await;
    futures::future::join_all((0..32).map(|_| app.user("ann").get(&path).expect(200))).await;
    app.db.reconnect().await;
    assert_eq!(
        app.db.execution(&id).await["executionStatus"],
        "INCOMPLETE",
        "no refused write was done"
    );
    assert!(app.host.is_running());
}
