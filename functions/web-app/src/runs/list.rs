//! `GET /runs`: the list of runs.

use askama::Template;
use http::Method;
use runledger_models::{Timestamp, paging::Position};
use runledger_store::pages::{
    history::{self, Steps},
    runs::{self, GraphName, MOST_COUNTED},
};
use runledger_web::{AnyRole, Call, Cursor, Door, Endpoint, Ledger, NoParams, Problem, Reply, page::Rendered};

use super::{
    RunRow,
    query::{Asked, Column, CursorQuery, RunsQuery, Sort, field},
};
use crate::{
    DOOR,
    address::Address,
    first_run::FirstRun,
    format::{Count, short_id},
    over_time,
    parts::{Chart, Empty, StatusChip},
    shell::{Freshness, Section, Shell, render},
};

/// Runs on a page.
const LIMIT: u32 = 50;
/// Bars of the chart at the most.
const BARS: i64 = 28;
/// The days of the chart, where nothing says which.
const DAYS: u32 = 14;

#[derive(Template)]
#[template(path = "runs/list.html")]
struct RunsPage {
    shell: Shell,
    asked: Asked,
    graphs: Vec<GraphName>,
    chart: Option<Chart>,
    /// Why there is no chart, or what it leaves out.
    chart_note: Option<&'static str>,
    rows: Vec<RunRow>,
    matches: String,
    older: Option<String>,
    is_first: bool,
    /// Where the page asks what is newer.
    newer: Option<String>,
    first_run: Option<FirstRun>,
    now: Timestamp,
}

impl RunsPage {
    fn graph_name(&self) -> Option<&str> {
        let asked = self.asked.filter.graph_id.as_ref()?;
        let named = self
            .graphs
            .iter()
            .find(|graph| graph.id == *asked)
            .map(|graph| graph.name.as_str());
        named.or_else(|| self.rows.first().map(|row| row.run().graph_name.as_str()))
    }

    /// What another order than the newest is of.
    fn window(&self) -> Option<&'static str> {
        Some(match self.asked.sort? {
            Sort::Slowest => "The slowest of the newest 1,000 matching runs.",
            Sort::Dearest => "The dearest of the newest 1,000 matching runs.",
            Sort::Unscored => "Those of the newest 1,000 matching runs that ended and were not scored.",
        })
    }
}

/// How many runs match, as far as that is known.
fn told(matches: Option<u64>, shown: usize, is_whole: bool) -> String {
    match matches {
        Some(1) => "1 run".to_owned(),
        Some(matches) if matches > MOST_COUNTED => format!("{}+ runs", Count(MOST_COUNTED)),
        Some(matches) => format!("{} runs", Count(matches)),
        None if is_whole && shown == 1 => "1 run".to_owned(),
        None if is_whole => format!("{shown} runs"),
        None => format!("{shown}+ runs"),
    }
}

/// Shows a list of runs.
pub(crate) struct GetRuns;

impl Endpoint for GetRuns {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/runs";
    const SUMMARY: &'static str = "Which runs are these, and where is the one I mean?";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = NoParams;
    type Query = (RunsQuery, CursorQuery);
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let (query, CursorQuery { cursor }) = call.query;
        let before = cursor.map(|Cursor(position)| position);
        let shows_scores = call.config.shows_activity(&call.who);
        let asked = Asked::new(query, &call.who, shows_scores)?;
        let now = Timestamp::now();

        let (chart, chart_note) = chart(&call.ledger, &asked, now).await?;
        let list = runs::runs(&asked.scope, &asked.filter, asked.order(), before.as_ref(), LIMIT);
        let list = call.ledger.read(list).await?;
        let graphs = call.ledger.read(runs::recent_graphs(&call.who.scope())).await?;

        let origin = asked.as_origin();
        let rows = list.rows.into_iter();
        let rows: Vec<_> = rows
            .map(|run| RunRow::new(run, origin.clone(), shows_scores, now))
            .collect();
        let is_first = before.is_none();
        let older = list
            .next
            .map(|position| asked.address().with("cursor", Cursor(position).encode()));
        let is_newest = is_first && asked.sort.is_none();
        // What is newer than nothing is what comes from now on.
        let newest = rows.first().map_or_else(
            || Position {
                created_at: now.into(),
                id: "~".to_owned(),
            },
            |row| Position {
                created_at: row.created_at().clone(),
                id: row.run().id.clone(),
            },
        );
        let after = Cursor(newest).encode();
        let newer = Address::new("/runs/new").to_string() + "?" + asked.address().with("after", after).query();
        let is_empty = rows.is_empty() && graphs.is_empty();
        render(&RunsPage {
            shell: Shell::new("Runs", Section::Runs, &call.who).fresh(Freshness::Follows(None)),
            matches: told(list.matches, rows.len(), older.is_none() && is_first),
            older: older.map(|address| address.to_string()),
            newer: is_newest.then_some(newer),
            first_run: is_empty.then(|| FirstRun::new(&call.who, &call.origin)),
            asked,
            graphs,
            chart,
            chart_note,
            rows,
            is_first,
            now,
        })
    }
}

/// The runs of the list over time, where sums know of them.
async fn chart(
    ledger: &Ledger,
    asked: &Asked,
    now: Timestamp,
) -> Result<(Option<Chart>, Option<&'static str>), Problem> {
    let filter = &asked.filter;
    if asked.sort.is_some() {
        return Ok((None, None));
    }
    if filter.parent_id.is_some() || filter.graph_version.is_some() {
        let note = "The chart counts by graph, user and status: it is not drawn for a version or a parent.";
        return Ok((None, Some(note)));
    }
    let to = filter.created_to.unwrap_or(now).min(now.next_day());
    let from = filter.created_from.unwrap_or_else(|| to.days_before(DAYS)).min(to);
    let steps = Steps::covering(from, to, BARS);
    let history = history::history(&asked.scope, filter.graph_id.as_ref(), steps);
    let history = ledger.read(history).await?;
    let statuses = filter.statuses.as_deref();
    let chart = over_time::by_status("runs-over-time", &history, steps, &asked.of_any_time(), statuses);
    let note = match &chart {
        None => {
            Some("The chart counts all runs that have not ended together: it is not drawn for some of their statuses.")
        }
        Some(_) if history.is_partial => Some("Older runs are still being added up."),
        Some(_) => None,
    };
    Ok((chart.filter(|chart| !chart.is_empty()), note))
}
