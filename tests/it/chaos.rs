//! Everything at once: writers, streams, scoring and scheduled jobs go on while Postgres crashes, Redis goes away and the
//! host is killed, again and again. Afterwards nothing that was acknowledged is missing, nothing happened twice, every
//! stream saw all events in order, and what is derived is what the rows come to.
//!
//! `RUNLEDGER_CHAOS_SECONDS` says for how long; two minutes without it.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::PathBuf,
    process,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use runledger_tests::{App, Behaviour, Block, Client, Graph, Llm, Reply, Request, until};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use xtask::servers::{Durability, Postgres, PostgresConfig, Redis, RedisConfig};

use crate::analytics::{ANALYTICS, with_models};

const USERS: [&str; 3] = ["ann", "bob", "carol"];
const GRANT: i64 = 1_000_000;
/// Runs that are scored meanwhile.
const TO_SCORE: i32 = 40;
/// How long a request may stay without its acknowledgement, and a change untold: until after every restart, on a disk that
/// others are busy with.
const PATIENCE: Duration = Duration::from_mins(3);
/// A stream that says nothing for longer than its heartbeat is dead.
const SILENCE: Duration = Duration::from_secs(20);
/// How many requests are acknowledged between two blows.
const BETWEEN_BLOWS: usize = 40;

/// What everybody shares: where the application is now, and what it has acknowledged.
struct World {
    callers: Mutex<(Client, Client)>,
    acknowledged: AtomicUsize,
    stop: AtomicBool,
    /// The runs that were lived to their end, by user, with their cost.
    lived: Mutex<Vec<Lived>>,
    spent: Mutex<BTreeMap<&'static str, i64>>,
    /// What each user's stream told of runs.
    told: Mutex<BTreeMap<&'static str, Vec<SeenEvent>>>,
    /// What each user's stream did last, and when: what a failure shows.
    heard: Mutex<BTreeMap<&'static str, (Instant, String)>>,
}

/// What an event says: its number, the run, its status.
type SeenEvent = (i64, String, String);

#[derive(Debug, Clone)]
struct Lived {
    user: &'static str,
    id: String,
    node: String,
    cost: i64,
}

impl World {
    fn service(&self) -> Client {
        self.callers.lock().unwrap().1.clone()
    }

    fn user(&self, id: &str) -> Client {
        let anonymous = self.callers.lock().unwrap().0.clone();
        anonymous.with_token(runledger_tests::tokens::token(id, "user"))
    }

    /// Notes what a user's stream does.
    fn hears(&self, user: &'static str, what: impl Into<String>) {
        self.heard.lock().unwrap().insert(user, (Instant::now(), what.into()));
    }

    fn moves_to(&self, app: &App) {
        *self.callers.lock().unwrap() = (app.anonymous.clone(), app.service.clone());
    }

    fn has_told_the_end_of(&self, run: &Lived) -> bool {
        let told = self.told.lock().unwrap();
        let ended = |(_, id, status): &SeenEvent| *id == run.id && status == "COMPLETED";
        told.get(run.user).is_some_and(|told| told.iter().rev().any(ended))
    }

    /// Sends a request again and again, to wherever the application is by then, until it is acknowledged.
    async fn insist(&self, make: impl Fn(Client) -> Request) -> Reply {
        let start = Instant::now();
        loop {
            let answer = make(self.service()).send().await;
            match &answer {
                Ok(reply) if reply.status < 300 => {
                    self.acknowledged.fetch_add(1, Ordering::Relaxed);
                    return answer.unwrap();
                }
                // The database, a place or time is missing. Anything else would be a fault.
                Ok(reply) => assert!(matches!(reply.status, 503 | 504), "{reply}"),
                Err(_) => {}
            }
            assert!(start.elapsed() < PATIENCE, "never acknowledged: {answer:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Lives runs of a user from creation to end, one after the other, and spends credits for each.
async fn write(world: Arc<World>, graph: Graph, user: &'static str) {
    for number in 0.. {
        if world.stop.load(Ordering::Relaxed) {
            return;
        }
        let key = |step: &str| format!("{user}-{number}-{step}");
        let cost = i64::from(number % 7) + 1;
        let created = world
            .insist(|service| {
                let post = service.acting_for(user).post(&graph.executions());
                post.json(&graph.creation()).key(&key("create"))
            })
            .await;
        let id = created.text("id");
        let node = created.json()["node_executions"][0]["node_exec_id"]
            .as_str()
            .unwrap()
            .to_owned();
        let run = |body: Value| {
            let path = format!("/api/executions/{id}");
            world.insist(move |service| service.patch(&path).json(&body))
        };
        let of_node = |body: Value| {
            let path = format!("/api/node-executions/{node}");
            world.insist(move |service| service.patch(&path).json(&body))
        };
        run(json!({ "status": "RUNNING" })).await;
        of_node(json!({ "status": "RUNNING" })).await;
        world
            .insist(|service| {
                let post = service.post(&format!("/api/node-executions/{node}/outputs"));
                post.json(&json!({ "name": "result", "data": number }))
                    .key(&key("output"))
            })
            .await;
        world
            .insist(|service| {
                let body = json!({ "user_id": user, "cost": cost, "metadata": { "graph_exec_id": id } });
                service.post("/api/credits/spend").json(&body).key(&key("spend"))
            })
            .await;
        *world.spent.lock().unwrap().entry(user).or_default() += cost;
        of_node(json!({ "status": "COMPLETED" })).await;
        run(json!({ "status": "COMPLETED", "stats": { "cost": cost } })).await;
        world.lived.lock().unwrap().push(Lived { user, id, node, cost });
    }
}

/// Reads a user's stream, taking it up where it broke off, until `done`.
async fn listen(world: Arc<World>, user: &'static str, done: Arc<AtomicBool>) {
    let mut last = 0;
    while !done.load(Ordering::Relaxed) {
        world.hears(user, format!("opens after {last}"));
        let request = world.user(user).get(&format!("/api/events?after={last}"));
        let Ok(Ok(mut stream)) = timeout(SILENCE, request.try_open()).await else {
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        while !done.load(Ordering::Relaxed)
            && let Ok(Some(block)) = timeout(SILENCE, stream.block()).await
        {
            last = last.max(stream.last_id);
            world.hears(user, format!("has {last}"));
            let Block::Event(event) = block else { continue };
            assert_ne!(event.kind, "gap", "nothing was pruned: {event:?}");
            if event.kind == "graph_execution_update" {
                let text = |name: &str| event.payload[name].as_str().unwrap().to_owned();
                let told = (event.id, text("id"), text("status"));
                world.told.lock().unwrap().entry(user).or_default().push(told);
            }
        }
    }
}

/// Keeps the time of scheduled jobs.
async fn schedule(world: Arc<World>) {
    while !world.stop.load(Ordering::Relaxed) {
        for job in ["analytics-tick", "prune", "late-executions", "refresh-views"] {
            let path = format!("/api/internal/jobs/{job}/run");
            // Whether it ran is another test's question: here it only has to harm nobody.
            let _ = timeout(Duration::from_secs(40), world.service().post(&path).send()).await;
        }
        sleep(Duration::from_millis(500)).await;
    }
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chaos-{name}-{}", process::id()))
}

fn duration() -> Duration {
    let seconds = env::var("RUNLEDGER_CHAOS_SECONDS").ok();
    Duration::from_secs(seconds.map_or(120, |text| text.parse().expect("RUNLEDGER_CHAOS_SECONDS is a number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_lost_or_doubled_while_everything_breaks() {
    let mut postgres = Postgres::start(PostgresConfig::new(folder("postgres"), Durability::Kept)).expect("it starts");
    let mut redis = Redis::start(RedisConfig::new(folder("redis"), false)).expect("it starts");
    let llm = Llm::start(Behaviour::Slow(Duration::from_millis(200), 0.5)).await;
    let mut app = with_models(&llm)
        .server(&postgres.url("postgres"))
        .redis(Some(&redis.url()))
        .start()
        .await;
    let graph = app.graph("weather", "ann").await;
    app.graph("scored", "ann").await;
    for user in USERS {
        let grant = json!({ "user_id": user, "amount": GRANT });
        app.service.post("/api/credits/grants").json(&grant).expect(200).await;
    }
    let finished = r#"INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "executionStatus", stats)
        SELECT 'scored-' || n, 'dora', 'scored', 'COMPLETED', '{"cost": 1}' FROM generate_series(1, $1::int) AS n"#;
    app.db.execute(finished, &[&TO_SCORE]).await;
    let body = json!({ "graph_id": "scored", "batch_size": 2 });
    let begin = app.admin.post(ANALYTICS).header("prefer", "respond-async");
    let job = begin
        .json(&body)
        .expect(202)
        .await
        .header("location")
        .unwrap()
        .to_owned();

    let world = Arc::new(World {
        callers: Mutex::new((app.anonymous.clone(), app.service.clone())),
        acknowledged: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        lived: Mutex::default(),
        spent: Mutex::default(),
        told: Mutex::default(),
        heard: Mutex::default(),
    });
    let heard = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = USERS
        .iter()
        .map(|user| tokio::spawn(write(Arc::clone(&world), graph.clone(), user)))
        .collect();
    let listeners: Vec<_> = USERS
        .iter()
        .map(|user| tokio::spawn(listen(Arc::clone(&world), user, Arc::clone(&heard))))
        .collect();
    let scheduler = tokio::spawn(schedule(Arc::clone(&world)));

    let end = Instant::now() + duration();
    for blow in 0.. {
        let before = world.acknowledged.load(Ordering::Relaxed);
        until("work goes on", async || {
            (world.acknowledged.load(Ordering::Relaxed) >= before + BETWEEN_BLOWS).then_some(())
        })
        .await;
        // Each kind of blow falls at least once.
        if blow >= 4 && Instant::now() >= end {
            break;
        }
        match blow % 4 {
            0 => {
                postgres.crash().expect("Postgres can be made to crash");
                postgres.restart().expect("it starts again");
            }
            1 => {
                app.restart();
                world.moves_to(&app);
            }
            2 => {
                redis.stop().expect("Redis stops");
                redis.restart().expect("it starts again, with nothing in its memory");
            }
            _ => {
                postgres.crash().expect("Postgres can be made to crash");
                app.restart();
                world.moves_to(&app);
                postgres.restart().expect("it starts again");
            }
        }
    }
    world.stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("the writer met nothing unexpected");
    }
    scheduler.await.expect("the scheduler met nothing unexpected");
    app.db.reconnect().await;
    check_streams(&app, &world).await;
    heard.store(true, Ordering::Relaxed);
    check_runs(&app, &world).await;
    check_credits(&app, &world).await;
    check_scoring(&app, &job).await;
    check_derived(&app).await;
    for listener in listeners {
        listener.abort();
    }
    drop(app);
    postgres.remove().expect("the private Postgres is removed");
    redis.remove().expect("the private Redis is removed");
}

/// Every run that was lived is told of from its creation to its end, in order and once.
async fn check_streams(app: &App, world: &World) {
    let lived = world.lived.lock().unwrap().clone();
    assert!(lived.len() >= USERS.len(), "there was work: {}", lived.len());
    for run in &lived {
        let start = Instant::now();
        while !world.has_told_the_end_of(run) {
            assert!(
                start.elapsed() < PATIENCE,
                "not told: {}",
                missing(app, world, run).await
            );
            sleep(Duration::from_millis(20)).await;
        }
    }
    let told = world.told.lock().unwrap();
    for (user, told) in told.iter() {
        assert!(
            told.is_sorted_by(|(one, ..), (other, ..)| one < other),
            "{user}'s events come in order and once"
        );
    }
    for run in &lived {
        let mut statuses: Vec<&str> = told[run.user]
            .iter()
            .filter(|(_, id, _)| *id == run.id)
            .map(|(_, _, status)| status.as_str())
            .collect();
        statuses.dedup();
        assert_eq!(statuses, ["INCOMPLETE", "RUNNING", "COMPLETED"], "{run:?}");
    }
}

/// What there is to say of a run whose end a stream did not tell.
async fn missing(app: &App, world: &World, run: &Lived) -> String {
    let events =
        "SELECT id, seq, node_exec_id, status, recorded_at FROM runledger.events WHERE graph_exec_id = $1 ORDER BY id";
    let events = app.db.rows(events, &[&run.id]).await;
    let heard: Vec<_> = world
        .heard
        .lock()
        .unwrap()
        .iter()
        .map(|(user, (at, what))| format!("{user} {what} {:?} ago", at.elapsed()))
        .collect();
    let told = world.told.lock().unwrap();
    let of_run: Vec<_> = told[run.user].iter().filter(|(_, id, _)| *id == run.id).collect();
    format!("{run:?}; told {of_run:?}; stored {events:?}; streams {heard:?}")
}

/// What is stored is what was acknowledged: no more and no less.
async fn check_runs(app: &App, world: &World) {
    let lived = world.lived.lock().unwrap().clone();
    let rows = app
        .db
        .rows(
            r#"SELECT e.id, e."userId" AS user, e."executionStatus" AS status, (e.stats ->> 'cost')::bigint AS cost,
                n.id AS node, n."executionStatus" AS node_status, (
                    SELECT count(*) FROM "AgentNodeExecutionInputOutput" io WHERE io."referencedByOutputExecId" = n.id
                ) AS outputs
            FROM "AgentGraphExecution" e JOIN "AgentNodeExecution" n ON n."agentGraphExecutionId" = e.id
            WHERE e."agentGraphId" = 'weather'"#,
            &[],
        )
        .await;
    let stored: BTreeSet<String> = rows.iter().map(Value::to_string).collect();
    let expected: BTreeSet<String> = lived
        .iter()
        .map(|run| {
            json!({ "id": run.id, "user": run.user, "status": "COMPLETED", "cost": run.cost, "node": run.node,
                "node_status": "COMPLETED", "outputs": 1 })
            .to_string()
        })
        .collect();
    let difference: Vec<_> = stored.symmetric_difference(&expected).take(5).collect();
    assert!(difference.is_empty() && rows.len() == lived.len(), "{difference:?}");
}

async fn check_credits(app: &App, world: &World) {
    let spent = world.spent.lock().unwrap().clone();
    for user in USERS {
        let credits = app.user(user).get("/api/credits").expect(200).await.json();
        assert_eq!(credits["credits"], GRANT - spent[user], "{user} paid for each run once");
    }
    let audit = app.admin.get("/api/admin/credits/audit").expect(200).await.json();
    let faults: Vec<_> = audit
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_array)
        .flatten()
        .collect();
    assert!(faults.is_empty(), "{audit}");
}

/// The job goes on to its end, and scores each run once.
async fn check_scoring(app: &App, job: &str) {
    // Whoever had something of the job was killed, and so was who kept the time.
    for lapse in [
        "UPDATE runledger.scoring_items SET leased_until = now() - interval '1 second' WHERE leased_until IS NOT NULL",
        "UPDATE runledger.jobs SET lease_until = now() - interval '1 second' WHERE lease IS NOT NULL",
    ] {
        app.db.execute(lapse, &[]).await;
    }
    let start = Instant::now();
    let report = loop {
        let report = app.admin.get(job).expect(200).await.json();
        if report["status"] != "running" {
            break report;
        }
        assert!(start.elapsed() < PATIENCE, "the job does not end: {report}");
        app.service
            .post("/api/internal/jobs/analytics-tick/run")
            .expect(200)
            .await;
        sleep(Duration::from_millis(200)).await;
    };
    assert_eq!(report["status"], "completed", "{report}");
    let results = app
        .admin
        .get(&format!("{job}/results?limit={TO_SCORE}"))
        .expect(200)
        .await
        .json();
    let results = results["results"].as_array().expect("an array");
    assert_eq!(results.len(), TO_SCORE as usize, "{report}");
    let given_up: Vec<_> = results.iter().filter(|result| result["status"] != "success").collect();
    for result in &given_up {
        // Of ten minutes of blows, several may fall on the same run: then it is given up, and says so.
        let why = result["error_message"].as_str().unwrap_or_default();
        assert!(
            why.ends_with("runners began with it, and none came to its end"),
            "{result}"
        );
    }
    let scored = i64::from(TO_SCORE) - i64::try_from(given_up.len()).expect("a few");
    assert!(scored >= i64::from(TO_SCORE) / 2, "{report}");
    assert_eq!(report["successful_analytics"], scored, "{report}");
    for (what, count) in [
        ("scores", "SELECT count(*) FROM runledger.scores"),
        (
            "runs with a score",
            "SELECT count(DISTINCT graph_exec_id) FROM runledger.scores",
        ),
    ] {
        assert_eq!(app.db.number(count, &[]).await, scored, "{what}");
    }
}

/// Rollups and views are what the rows come to: what `cargo xtask data verify` asks.
async fn check_derived(app: &App) {
    app.service
        .post("/api/internal/jobs/refresh-views/run")
        .expect(200)
        .await;
    for sql in [
        include_str!("../../xtask/src/data/verify_rollups.sql"),
        include_str!("../../xtask/src/data/verify_views.sql"),
    ] {
        let differences = app.db.rows(sql, &[]).await;
        assert!(differences.is_empty(), "{differences:?}");
    }
}
