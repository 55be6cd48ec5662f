//! A ledger in which every page has something to show.

use runledger_tests::{App, Graph, STATUSES, StoredNode};
use serde_json::{Value, json};

use crate::operations::SCORING_JOB;

/// Runs of `ann` in every status, with what belongs to them.
pub(super) struct Ledger {
    pub(super) app: App,
    pub(super) graph: Graph,
    /// With their statuses.
    pub(super) runs: Vec<(&'static str, String)>,
    /// A run that was deleted.
    pub(super) deleted: String,
    /// The token of the link to the run that is done.
    pub(super) share: String,
}

/// The id of the node run of the run that is done.
pub(super) const NODE_RUN: &str = "node-run-1";

impl Ledger {
    /// Fills one.
    pub(super) async fn start() -> Self {
        let app = App::start().await;
        let graph = app.graph("weather", "ann").await;
        let mut runs = Vec::new();
        for status in STATUSES {
            runs.push((status, app.create_in(&graph, status).await));
        }
        let deleted = app.create(&graph).await;
        app.user("ann")
            .delete(&format!("/api/executions/{deleted}"))
            .expect(204)
            .await;
        let mut ledger = Self {
            app,
            graph,
            runs,
            deleted,
            share: String::new(),
        };
        ledger.add_details().await;
        ledger
    }

    /// The run in a status.
    pub(super) fn run(&self, status: &str) -> &str {
        let run = self.runs.iter().find(|(of, _)| *of == status);
        &run.expect("there is a run in every status").1
    }

    async fn add_details(&mut self) {
        let Self { app, graph, .. } = self;
        let done = self.runs.iter().find(|(status, _)| *status == "COMPLETED");
        let done = done.expect("there is one that is done").1.clone();
        let stored = StoredNode {
            node: &graph.node("output"),
            inputs: vec![("name", json!("forecast")), ("value", json!({ "degrees": 21 }))],
            outputs: vec![("result", json!({ "degrees": 21 }))],
            queued: Some(1.0),
            ..StoredNode::default()
        };
        app.db.store_node(&done, NODE_RUN, &stored).await;
        app.create_child(graph, &done).await;
        set_stats(app, &done, &json!({ "cost": 3, "walltime": 4.5, "node_count": 2, "activity_status": "Told the weather.", "correctness_score": 0.9 })).await;
        let failed = self.runs.iter().find(|(status, _)| *status == "FAILED");
        let failed = &failed.expect("there is one that failed").1;
        set_stats(
            app,
            failed,
            &json!({ "cost": 1, "node_count": 2, "node_error_count": 1, "error": "The sky is closed." }),
        )
        .await;
        let link = app
            .user("ann")
            .post(&format!("/api/graphs/{}/executions/{done}/share", graph.id))
            .json(&json!({}))
            .expect(200)
            .await;
        self.share = link.text("share_token");
        let alert =
            "INSERT INTO runledger.accuracy_alerts (graph_id, user_id, drop_percent, three_day_avg, seven_day_avg)
            VALUES ('weather', 'ann', 20, 60, 80)";
        app.db.execute(alert, &[]).await;
        app.db.execute(SCORING_JOB, &[&done]).await;
        for user in ["ann", "root"] {
            let given = json!({ "user_id": user, "amount": 1000 });
            app.service.post("/api/credits/grants").json(&given).expect(200).await;
            let spent = json!({ "user_id": user, "cost": 5, "metadata": { "graph_exec_id": done, "block": "work" } });
            app.service.post("/api/credits/spend").json(&spent).expect(200).await;
        }
        let late = r#"UPDATE "AgentGraphExecution" SET "createdAt" = now() - interval '2 hours' WHERE "executionStatus" = 'QUEUED'"#;
        app.db.execute(late, &[]).await;
    }

    /// The address of every page that a role may open.
    pub(super) fn pages(&self, role: &str) -> Vec<String> {
        let (done, running) = (self.run("COMPLETED"), self.run("RUNNING"));
        let mut pages = empty_pages(role);
        pages.extend([
            "/runs?statuses=FAILED&sort=slowest&columns=id,error,duration".to_owned(),
            format!("/runs/{done}"),
            format!("/runs/{}", self.run("FAILED")),
            format!("/runs/{running}"),
            format!("/runs/{done}/nodes"),
            format!("/runs/{done}/nodes?view=graph"),
            format!("/runs/{done}/nodes/{NODE_RUN}"),
            format!("/runs/{}/deleted", self.deleted),
            format!("/graphs/{}", self.graph.id),
            format!("/shared/{}", self.share),
            "/credits?type=USAGE".to_owned(),
        ]);
        if role != "user" {
            pages.push(format!("/scoring/{done}"));
        }
        if role == "admin" {
            pages.push("/scoring/new?graph_id=weather".to_owned());
            pages.push("/credits?user_id=ann&audit=true".to_owned());
        }
        pages
    }
}

/// The address of every page that a role may open and that is about nothing in particular.
pub(super) fn empty_pages(role: &str) -> Vec<String> {
    let mut pages = vec!["/", "/runs", "/graphs", "/credits", "/shared/nothing", "/login"];
    if role != "user" {
        pages.extend(["/scoring", "/alerts", "/diagnostics", "/system"]);
    }
    if role == "admin" {
        pages.push("/scoring/new");
    }
    pages.into_iter().map(str::to_owned).collect()
}

/// Writes the statistics of a run, as an executor of the platform does.
pub(super) async fn set_stats(app: &App, run: &str, stats: &Value) {
    let sql = r#"UPDATE "AgentGraphExecution" SET stats = $2 WHERE id = $1"#;
    app.db.execute(sql, &[&run, stats]).await;
}
