//! All statements, each variant with an argument as it may be sent.

use std::collections::BTreeMap;

use runledger_logging::{Log, Trace};
use runledger_models::{
    AnyUser, Cents, ExecutionStatus, Id, Json, Move, NewExecution, Object, Scope, ShareToken, Timestamp, UserId,
    credit::{Cost, TransactionType},
    graph::{NewGraphVersion, SentGraphVersion},
    job::ScheduledJob,
    paging::Position,
    queue::ExecutionContext,
    scoring::Verdict,
    time::TimeRange,
};
use runledger_store::{
    Budget, OnIllegalMove, Read, Statement, Write,
    credits::{self, Movement},
    data::{self, Place, Record},
    events::{self, BatchLimit},
    executions::{self, Deletion},
    graphs, health,
    jobs::{self, RETENTION, ScanQuery, UntoldAlert},
    kv,
    metrics::{self, Counted},
    monitors::{self, AccuracyQuery, BlockErrorQuery, FrequentQuery},
    nodes::{self, NewInput},
    queue,
    scoring::{self, NewJob, Outcome, Usage, Work},
    shares::{self, Link, ShareStatus},
    summary,
};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{lists, operators, page_of_nodes, pages, run_page};

/// A statement that the store can send.
pub(crate) struct Entry {
    /// The function that makes it, and which of its variants: also the name of the file that it is pinned in. With other
    /// arguments the same statement has the same name.
    pub(crate) name: String,
    /// It, with an argument as it may be sent.
    pub(crate) statement: Statement,
    /// The tables that it reads from end to end though they grow, and why that is right.
    pub(crate) scans: &'static [(&'static str, &'static str)],
}

/// What is being listed.
#[derive(Default)]
pub(crate) struct Catalogue(Vec<Entry>);

impl Catalogue {
    pub(crate) fn read<T: 'static>(&mut self, name: impl Into<String>, read: &Read<T>) -> &mut Entry {
        self.add(name.into(), read.statement().clone())
    }

    fn write<T: 'static>(&mut self, name: impl Into<String>, write: &Write<T>) -> &mut Entry {
        self.add(name.into(), write.statement().clone())
    }

    fn add(&mut self, name: String, statement: Statement) -> &mut Entry {
        self.0.push(Entry {
            name,
            statement,
            scans: &[],
        });
        self.0.last_mut().unwrap()
    }
}

impl Entry {
    pub(crate) fn scans(&mut self, scans: &'static [(&'static str, &'static str)]) {
        self.scans = scans;
    }
}

pub(crate) fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn user() -> UserId {
    UserId::parse("user-1").unwrap()
}

fn one() -> Scope {
    Scope::User(user())
}

const fn everybody() -> Scope {
    Scope::Any(AnyUser::for_own_work())
}

/// Both scopes, as variants are named.
pub(crate) fn scopes() -> [(&'static str, Scope); 2] {
    [("of_user", one()), ("of_everybody", everybody())]
}

fn from<T: DeserializeOwned>(value: &serde_json::Value) -> T {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn object() -> Object {
    from(&json!({ "city": "Ghent" }))
}

pub(crate) fn position() -> Position {
    Position {
        created_at: from(&json!("2026-06-01T00:00:00Z")),
        id: "run-100".to_owned(),
    }
}

/// Days within those of the filled database.
pub(crate) fn times() -> [Timestamp; 2] {
    ["2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"].map(|text| Timestamp::parse(text).unwrap())
}

/// The log of nobody.
pub(crate) fn log() -> Log {
    Log::new("catalogue", Trace::of(None, None, [1; 32]))
}

/// All of them.
pub(crate) fn entries() -> Vec<Entry> {
    let mut all = Catalogue::default();
    of_credits(&mut all);
    of_events(&mut all);
    of_executions(&mut all);
    lists::of_lists(&mut all);
    pages::of_pages(&mut all);
    of_jobs(&mut all);
    of_nodes(&mut all);
    of_queues(&mut all);
    of_scoring(&mut all);
    of_shares(&mut all);
    of_analytics(&mut all);
    of_the_rest(&mut all);
    operators::of_operators(&mut all);
    page_of_nodes::of_nodes(&mut all);
    run_page::of_run_page(&mut all);
    let mut named = BTreeMap::new();
    for entry in &all.0 {
        let pinned = (entry.statement.text(), entry.scans);
        let same = *named.entry(entry.name.as_str()).or_insert(pinned) == pinned;
        assert!(same, "{} names two statements", entry.name);
    }
    all.0
}

fn of_credits(all: &mut Catalogue) {
    let (user, scope, hold) = (user(), one(), id("hold-1"));
    let metadata: Json = from(&json!({ "graph_exec_id": "run-1" }));
    let amount = Cents::new(5).unwrap();
    let movement = || Movement::new(&user, amount, Some(&metadata));
    let nothing = Movement::new(&user, Cost::new(0).unwrap(), None);
    all.read("credits/balance", &credits::balance(&user));
    all.write("credits/spend", &credits::spend(&movement()));
    all.write("credits/spend_nothing", &credits::spend(&nothing));
    all.write("credits/give", &credits::give(movement(), TransactionType::Grant));
    all.write("credits/hold", &credits::hold(movement(), Some(times()[1])));
    all.write("credits/capture", &credits::capture(&scope, &hold, amount));
    all.write("credits/release", &credits::release(&scope, &hold));
    let kind = Some(TransactionType::Usage);
    all.read(
        "credits/transactions",
        &credits::transactions(&user, kind, Some(&position()), 25),
    );
    all.read("credits/audit", &credits::audit(&everybody()))
        .scans(&[("CreditTransaction", AUDIT), ("UserBalance", AUDIT)]);
}

pub(crate) const COUNT: &str = "all runs of everybody are counted";
const AUDIT: &str = "an audit adds everything up";
const IMPORT: &str = "an import is taken for ten thousand node runs, each of which looks its node up";
const BATCH: &str = "5,000 rows that are removed at once are a large part of a table as small as this one";
pub(crate) const ENTRIES: &str = "only runs that wait, or ended this week, have entries";
pub(crate) const ALERTS: &str = "there is one for each fall of a graph's accuracy, for a year";
const SCORING_JOBS: &str = "operators begin some a day, for 90 days";

fn of_events(all: &mut Catalogue) {
    let filter = events::Filter {
        graph_id: Some(id("graph-1")),
        graph_exec_id: Some(id("run-1")),
    };
    let room = BatchLimit {
        limit: 100,
        max_bytes: 1 << 20,
        max_data_bytes: events::MAX_DATA,
    };
    for (_, scope) in scopes() {
        all.read("events/read", &events::read(&scope, &filter, 10, room));
    }
    all.read("events/peek", &events::peek(&one(), 10));
    all.read("events/number", &events::number(Some(10)));
    all.read("events/head", &events::head());
    all.read("events/outbox", &events::outbox());
}

fn of_executions(all: &mut Catalogue) {
    let (scope, run, graph) = (one(), id("run-1"), id("graph-1"));
    let new: NewExecution = from(&json!({
        "graph_version": 1, "inputs": object(), "parent_graph_exec_id": "run-2",
        "starting_nodes_input": [{ "node_id": "graph-1-node-1", "input": object() }],
    }));
    let create = executions::create(&user(), graph.clone(), new);
    all.write("executions/create", &create);
    let change = from(&json!({ "status": "RUNNING", "stats": object() }));
    let change = executions::change(&scope, &run, change, OnIllegalMove::Refuse);
    all.write("executions/change", &change);
    all.write("executions/stop", &executions::stop(&scope, &run));
    all.write("executions/restore", &executions::restore(&scope, &run));
    all.write(
        "executions/delete_soft",
        &executions::delete(&scope, &run, Deletion::Soft),
    );
    all.write(
        "executions/delete_hard",
        &executions::delete(&scope, &run, Deletion::Hard),
    );
    all.read("executions/get", &executions::get(&scope, Some(&graph), &run));
    let with_nodes = executions::get_with_nodes(&scope, Some(&graph), &run, executions::NODES);
    all.read("executions/get_with_nodes", &with_nodes);
    let item = json!([{
        "user_id": "user-1", "graph_id": "graph-1", "graph_version": 1, "status": "COMPLETED", "inputs": {},
        "node_executions": [{ "node_id": "graph-1-node-1", "status": "COMPLETED", "input_data": { "a": 1 } }],
    }]);
    all.write("executions/import", &executions::import(&scope, from(&item)).unwrap())
        .scans(&[("AgentNode", IMPORT)]);
    all.read(
        "data/read",
        &data::read(&scope, &Record::Execution(run.clone()), Place::default()),
    );
    all.read(
        "data/read",
        &data::read(&scope, &Record::NodeExecution(id("run-1-node-1")), Place::default()),
    );
}

fn of_jobs(all: &mut Catalogue) {
    let claim = jobs::claim(ScheduledJob::Prune);
    all.write("jobs/claim", &claim);
    let lease = claim.decode(r#"{"ok":true}"#, &log()).unwrap().value.unwrap();
    all.write("jobs/renew", &jobs::renew(&lease));
    all.write("jobs/finish", &jobs::finish(&lease, Some(&json!({ "events": 1 }))));
    all.write("jobs/refresh_views", &jobs::refresh_views());
    all.write("jobs/end_holds", &jobs::end_holds());
    all.write("jobs/merge_rollups", &jobs::merge_rollups());
    let scan = ScanQuery {
        frequent: frequent(),
        scan_days: 21,
        threshold: 10,
    };
    all.write("jobs/scan", &jobs::scan(&scan));
    all.read("jobs/untold_alerts", &jobs::untold_alerts());
    let alert = UntoldAlert {
        id: "alert-1".to_owned(),
        graph_id: "graph-1".to_owned(),
        user_id: "user-1".to_owned(),
        drop_percent: 20.0,
        three_day_avg: 40.0,
        seven_day_avg: 50.0,
    };
    all.write("jobs/alerts_told", &jobs::alerts_told(&[alert]))
        .scans(&[("accuracy_alerts", ALERTS)]);
    for retention in RETENTION {
        if let Some(prune) = jobs::prune(retention) {
            let scans: &[_] = match retention.table {
                "idempotency_keys" => &[("idempotency_keys", BATCH)],
                "credit_holds" => &[("credit_holds", BATCH)],
                "accuracy_alerts" => &[("accuracy_alerts", ALERTS)],
                "queue_entries" => &[("queue_entries", ENTRIES), ("AgentGraphExecution", BATCH)],
                _ => &[],
            };
            all.write(format!("jobs/prune_{}", retention.table), &prune)
                .scans(scans);
        }
    }
}

fn of_nodes(all: &mut Catalogue) {
    let (scope, node_run, run, node) = (one(), id("run-1-node-1"), id("run-1"), id("graph-1-node-1"));
    let change = from(&json!({ "status": "QUEUED", "execution_data": object(), "stats": object() }));
    let change = nodes::change(&scope, &node_run, change, OnIllegalMove::Refuse);
    all.write("nodes/change", &change);
    let (ids, failed) = (
        [node_run.clone(), id("run-2-node-1")],
        Move::new(ExecutionStatus::Failed).unwrap(),
    );
    let many = nodes::change_many(&scope, &ids, failed, Some(object()));
    all.write("nodes/change_many", &many);
    all.read("nodes/get", &nodes::get(&scope, &node_run));
    all.read("nodes/latest", &nodes::latest(&scope, &run, &node));
    all.read("nodes/outputs", &nodes::outputs(&scope, &node_run));
    let input = NewInput {
        name: "value".to_owned(),
        data: from(&json!(1)),
        node_exec_id: None,
    };
    all.write("nodes/give_input", &nodes::give_input(&scope, &run, &node, input));
    let output = nodes::give_output(&scope, &node_run, "result".to_owned(), Some(from(&json!(1))));
    all.write("nodes/give_output", &output);
    let [created_from, created_to] = times();
    let filter = || nodes::Filter {
        statuses: Some(vec![ExecutionStatus::Completed]),
        block_ids: Some(vec![id("block-1")]),
        created_from: Some(created_from),
        created_to: Some(created_to),
        ..nodes::Filter::default()
    };
    let of_run = nodes::Filter {
        graph_exec_id: Some(run),
        ..filter()
    };
    let of_node = nodes::Filter {
        node_id: Some(node),
        ..filter()
    };
    let before = position();
    for (name, scope, filter) in [
        ("of_execution", one(), of_run),
        ("of_node", one(), of_node),
        ("of_user", one(), filter()),
        ("of_everybody", everybody(), filter()),
    ] {
        let list = nodes::list(&scope, &filter, Some(&before), 25);
        all.read(format!("nodes/list_{name}_filtered"), &list);
        let plain = nodes::Filter {
            graph_exec_id: filter.graph_exec_id,
            node_id: filter.node_id,
            ..nodes::Filter::default()
        };
        all.read(format!("nodes/list_{name}"), &nodes::list(&scope, &plain, None, 25));
    }
}

fn of_queues(all: &mut Catalogue) {
    let (scope, run) = (one(), id("run-1"));
    let add = queue::add(&scope, &run, &id("run-1-node-1"), &ExecutionContext::default());
    all.write("queue/add", &add);
    all.write("queue/pop", &queue::pop(&scope, &run, 300));
    all.write("queue/ack", &queue::ack(&scope, &run, &id("entry-1")));
    all.read("queue/length", &queue::length(&scope, &run));
}

fn of_scoring(all: &mut Catalogue) {
    let (scope, job, graph) = (everybody(), id("job-1"), id("graph-1"));
    let new = NewJob {
        graph_id: &graph,
        graph_version: Some(1),
        created_after: Some(times()[0]),
        model: "gpt-4o-mini",
        provider: "openai",
        batch_size: 10,
        skip_existing: true,
        system_prompt: "Judge.",
        user_prompt: "{{EXECUTION_DATA}}",
        prompt_hash: "0",
        created_by: "operator",
        most: Some(1000),
    };
    all.write("scoring/create", &scoring::create(&scope, &new));
    all.read("scoring/get", &scoring::get(&scope, &job));
    all.read(
        "scoring/list",
        &scoring::list(&one(), Some(&graph), Some(&position()), 25),
    )
    .scans(&[("scoring_jobs", SCORING_JOBS)]);
    all.read("scoring/is_held", &scoring::is_held(&job));
    all.write("scoring/cancel", &scoring::cancel(&scope, &job));
    all.read("scoring/results", &scoring::results(&scope, &job, 10, 25));
    all.read("scoring/scores", &scoring::scores(&scope, &id("run-1"), Some(100), 25));
    let own = AnyUser::for_own_work();
    all.read("scoring/running", &scoring::running(&own));
    let open = Work::open(&own, job);
    all.read("scoring/work_open", &open);
    let spec = json!({ "ok": {
        "model": "gpt-4o-mini", "provider": "openai", "batch_size": 10, "skip_existing": true,
        "templates": { "system": "Judge.", "user": "{{EXECUTION_DATA}}" },
    } });
    let work = open.decode(&spec.to_string(), &log()).unwrap().unwrap();
    let claim = work.claim();
    all.write("scoring/work_claim", &claim);
    all.write("scoring/work_renew", &work.renew());
    let claimed = json!({ "ok": { "is_running": true, "item": { "place": 1, "taken": 1, "run": {
        "graph_exec_id": "run-1", "owner_id": "user-1", "exec_created_at": "2026-06-01T00:00:00",
    } } } });
    let item = claim.decode(&claimed.to_string(), &log()).unwrap().value.item.unwrap();
    all.read("scoring/work_find", &work.find(&item, 20_000));
    let verdict = Verdict {
        summary: "It went well.".to_owned(),
        score: 0.9,
    };
    let outcome = Outcome::Success(verdict, Usage::default());
    all.write("scoring/work_finish", &work.finish(&item, &outcome));
}

fn of_shares(all: &mut Catalogue) {
    let (scope, graph, run) = (one(), id("graph-1"), id("run-1"));
    let token = ShareToken::parse(&"a".repeat(43)).unwrap_or_else(ShareToken::generate);
    let link = Link {
        token: token.clone(),
        expires_at: Some(times()[1]),
    };
    all.write("shares/create", &shares::create(&scope, &graph, &run, link));
    all.write("shares/revoke", &shares::revoke(&scope, &graph, &run));
    let status = ShareStatus {
        token: Some(token.clone()),
        shared_at: Some(times()[0]),
    };
    all.write("shares/set", &shares::set(&scope, &run, status));
    all.read("shares/read", &shares::read(Some(&token), Budget::DEFAULT));
}

const fn frequent() -> FrequentQuery {
    FrequentQuery {
        days_back: 30,
        min_executions: 10,
    }
}

fn of_analytics(all: &mut Catalogue) {
    let [from, to] = times();
    for (_, scope) in scopes() {
        let range = TimeRange::new(from, to).unwrap();
        all.read("summary/summary", &summary::summary(&scope, range));
        let query = AccuracyQuery {
            graph_id: id("graph-1"),
            days_back: 30,
            by_calendar: false,
            historical: true,
        };
        all.read("monitors/accuracy", &monitors::accuracy(&scope, &query));
        all.read(
            "monitors/frequent_graphs",
            &monitors::frequent_graphs(&scope, &frequent()),
        );
        let query = BlockErrorQuery {
            from,
            to,
            min_executions: 10,
            min_error_rate: 50,
        };
        all.read("monitors/block_errors", &monitors::block_errors(&scope, &query));
        all.read("monitors/alerts", &monitors::alerts(&scope))
            .scans(&[("accuracy_alerts", ALERTS)]);
        all.read("monitors/late", &monitors::late(&scope));
    }
}

fn of_the_rest(all: &mut Catalogue) {
    let graph = json!({
        "name": "Weather", "description": "Tells it.", "nodes": [{ "id": "n", "block_id": "block-1" }], "links": [],
    });
    let graph = NewGraphVersion::try_from(from::<SentGraphVersion>(&graph)).unwrap();
    all.write(
        "graphs/put_graph",
        &graphs::put_graph(&user(), &id("graph-1"), 1, &graph),
    );
    let block = json!({ "name": "Block", "type": "STANDARD" });
    all.write("graphs/put_block", &graphs::put_block(&id("block-1"), &from(&block)));
    all.read("health/state", &health::state());
    all.read("health/jobs", &health::jobs());
    all.read("kv/get", &kv::get(&user(), &id("key-1")));
    let put = kv::put(&user(), &id("key-1"), &id("run-1-node-1"), &from(&json!(1)));
    all.write("kv/put", &put);
    let counted = Counted {
        method: "GET",
        route: "/api/executions/{id}",
        status: 200,
        requests: 1,
        seconds: 0.1,
        database_round_trips: 1,
        redis_round_trips: 0,
        buckets: &[1],
    };
    all.write("metrics/add", &metrics::add(&[counted]));
    all.read("metrics/read", &metrics::read())
        .scans(&[("queue_entries", ENTRIES), ("scoring_jobs", SCORING_JOBS)]);
}
