//! `GET /diagnostics`: what is stuck, and what to do about it; `POST /diagnostics/{id}/stop` does it.

use std::collections::BTreeMap;

use askama::Template;
use http::Method;
use runledger_models::{ExecutionStatus, Id, Role, Timestamp, monitors::LateExecution};
use runledger_store::{
    Error, executions, monitors,
    pages::{self, QueueEntry, Unstarted},
};
use runledger_web::{AdminOnly, Call, Door, Endpoint, NoParams, Problem, Reply, Trusted, page::Rendered, params};

use crate::{
    DOOR,
    address::{Address, segment},
    format::{self, Count, short_id},
    parts::{ShortId, When},
    shell::{Freshness, Section, Shell, render},
};

/// Rows of a list.
const ROWS: usize = 50;
/// As far as the statements count.
const MAX_COUNT: u64 = 1_000;

/// An execution that is stuck.
struct StuckRun {
    id: String,
    user_id: String,
    graph_id: String,
    graph_name: String,
    since: Option<Timestamp>,
}

impl StuckRun {
    fn run(&self) -> Address {
        Address::run(&self.id)
    }

    fn graph(&self) -> Address {
        Address::graph(&self.graph_id)
    }

    fn stop(&self) -> String {
        format!("/diagnostics/{}/stop", segment(&self.id))
    }
}

/// Executions that are stuck in one way.
struct Stuck {
    id: &'static str,
    title: &'static str,
    /// What may be the reason, and what to do about it.
    advice: &'static str,
    since: &'static str,
    nothing: &'static str,
    total: u64,
    runs: Vec<StuckRun>,
}

/// A number that the statements count so far and no further.
struct UpTo(u64);

impl std::fmt::Display for UpTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let more = if self.0 >= MAX_COUNT { "+" } else { "" };
        write!(f, "{}{more}", Count(self.0))
    }
}

#[derive(Template)]
#[template(path = "diagnostics.html")]
struct DiagnosticsPage {
    shell: Shell,
    stuck: [Stuck; 3],
    entries: Vec<QueueEntry>,
    entries_total: u64,
    may_stop: bool,
}

impl DiagnosticsPage {
    fn total(&self) -> u64 {
        self.stuck.iter().map(|stuck| stuck.total).sum::<u64>() + self.entries_total
    }
}

/// Shows what is stuck.
pub(crate) struct GetDiagnostics;

impl Endpoint for GetDiagnostics {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/diagnostics";
    const SUMMARY: &'static str = "What is stuck, and what shall I do about it?";
    const DOOR: Door = DOOR;
    type Access = Trusted;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let scope = call.who.scope();
        let (queued, running): (Vec<_>, Vec<_>) = call
            .ledger
            .read(monitors::late(&scope))
            .await?
            .into_iter()
            .partition(|late| late.status == ExecutionStatus::Queued);
        let (total_queued, total_running) = (queued.len() as u64, running.len() as u64);
        let shown = || queued.iter().take(ROWS).chain(running.iter().take(ROWS));
        let graphs = shown().map(|late| late.graph_id.as_str());
        let rest = call
            .ledger
            .read(pages::diagnostics(&scope, graphs, ROWS as u32))
            .await?;
        let names = &rest.names;
        let late = |rows: Vec<LateExecution>| {
            let rows = rows.into_iter().take(ROWS);
            rows.map(|row| stuck_run(names, row.id, row.user_id, row.graph_id, row.since))
                .collect()
        };
        let unstarted = |row: Unstarted| stuck_run(names, row.id, row.user_id, row.graph_id, row.since);
        let stuck = [
            Stuck {
                id: "queued",
                title: "Queued for over 5 minutes",
                advice: "No executor takes them: see whether executors run, and whether they are all busy.",
                since: "Queued",
                nothing: "Nothing waits for long",
                total: total_queued,
                runs: late(queued),
            },
            Stuck {
                id: "running",
                title: "Running for over 24 hours",
                advice: "Their executor may have died without a word: stop them, and run them again.",
                since: "Started",
                nothing: "Nothing runs for long",
                total: total_running,
                runs: late(running),
            },
            Stuck {
                id: "unstarted",
                title: "Never queued, made over an hour ago",
                advice: "Whoever made them in the last 30 days did not go on: stop them if nobody will.",
                since: "Made",
                nothing: "Everything that was made was queued",
                total: rest.unstarted_total,
                runs: rest.unstarted.into_iter().map(unstarted).collect(),
            },
        ];
        render(&DiagnosticsPage {
            shell: Shell::new("Diagnostics", Section::Diagnostics, &call.who).fresh(Freshness::Polls),
            stuck,
            entries: rest.entries,
            entries_total: rest.entries_total,
            may_stop: call.who.role() == Role::Admin,
        })
    }
}

fn stuck_run(
    names: &BTreeMap<String, String>,
    id: String,
    user_id: String,
    graph_id: String,
    since: Option<Timestamp>,
) -> StuckRun {
    let name = names.get(&graph_id).cloned();
    StuckRun {
        graph_name: name.unwrap_or_else(|| format!("Agent {}", short_id(&graph_id))),
        id,
        user_id,
        graph_id,
        since,
    }
}

params! {
    /// The run.
    pub(crate) struct StopPath {
        /// The run.
        id: Id,
    }
}

/// Stops a run that is stuck, and leads back to the others.
pub(crate) struct PostStop;

impl Endpoint for PostStop {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/diagnostics/{id}/stop";
    const SUMMARY: &'static str = "Stop a run that is stuck";
    const DOOR: Door = DOOR;
    type Access = AdminOnly;
    type Path = StopPath;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let stop = executions::stop(&call.who.scope(), &call.path.id);
        match call.ledger.write(stop).await {
            // One that has ended meanwhile is not stuck either.
            Ok(_) | Err(Error::IllegalMove { .. }) => Ok(Rendered::see_other("/diagnostics")),
            Err(error) => Err(error.into()),
        }
    }
}
