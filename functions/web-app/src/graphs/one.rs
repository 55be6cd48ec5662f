//! `GET /graphs/{id}`: how a graph does over time, and by version.

use askama::Template;
use http::{Method, StatusCode};
use runledger_models::{Id, Timestamp};
use runledger_store::{
    executions::Filter,
    pages::{
        graphs::{self, ShownGraph},
        history::{self, Steps},
        runs::{self, Order},
    },
};
use runledger_web::{AnyRole, Call, Door, Endpoint, One, Problem, Reply, page::Rendered, params};

use crate::{
    DOOR,
    address::Address,
    figure::{Figure, ShownSums as _, figures},
    format::Count,
    over_time::{self, Measure},
    parts::{Chart, Empty, StatusChip},
    range::{Range, RangeQuery},
    runs::RunRow,
    shell::{Freshness, Section, Shell, render},
};

/// The ranges to choose from.
const RANGES: [Range; 3] = [Range::Week, Range::Month, Range::Quarter];
/// The newest runs that are listed.
const RUNS: u32 = 10;
const DAY: i64 = 86_400_000;

params! {
    /// Which graph.
    pub(crate) struct GraphPath {
        /// The graph.
        id: Id,
    }
}

#[derive(Template)]
#[template(path = "graphs/one.html")]
struct GraphPage {
    shell: Shell,
    id: Id,
    graph: ShownGraph,
    ranges: Vec<(&'static str, String, bool)>,
    figures: Vec<Figure>,
    is_partial: bool,
    is_by_week: bool,
    days: u32,
    by_status: Option<Chart>,
    lines: Vec<Chart>,
    rows: Vec<RunRow>,
    shows_scores: bool,
    runs: Address,
    from: Timestamp,
}

impl GraphPage {
    fn of_version(&self, version: i32) -> String {
        let list = self.runs.clone().with("graph_version", version);
        list.with("created_from", self.from).to_string()
    }

    fn window() -> Count {
        Count(u64::from(graphs::WINDOW))
    }
}

/// Shows a graph.
pub(crate) struct GetGraph;

impl Endpoint for GetGraph {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/graphs/{id}";
    const SUMMARY: &'static str = "How does this agent do over time, by version?";
    const DOOR: Door = DOOR;
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = GraphPath;
    type Query = RangeQuery;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let id = call.path.id;
        let range = call.query.range.map_or(Range::Month, |One(range)| range);
        let now = Timestamp::now();
        let scope = call.who.scope();
        let shows_scores = call.config.shows_activity(&call.who);
        // Whole days or weeks, and as many before as those that are shown.
        let is_by_week = range == Range::Quarter;
        let days = if is_by_week { 7 } else { 1 };
        let steps = Steps::of(now.days_before(range.days() - days), now, i64::from(days) * DAY);
        let both = Steps {
            from: steps.from.days_before(steps.days()),
            ..steps
        };

        let graph = call
            .ledger
            .read(graphs::graph(&scope, &id, [steps.from, steps.to]))
            .await?;
        let history = call.ledger.read(history::history(&scope, Some(&id), both)).await?;
        let filter = Filter {
            graph_id: Some(id.clone()),
            ..Filter::default()
        };
        let list = call
            .ledger
            .read(runs::runs(&scope, &filter, Order::Newest, None, RUNS))
            .await?;

        let runs = Address::runs().with("graph_id", id.as_str());
        let origin = runs.query().to_owned();
        let rows = list.rows.into_iter();
        let in_range = |is_now: bool| history.sums(|at| (at >= steps.from.millis()) == is_now);
        let of_range = runs.clone().with("created_from", steps.from);
        let by_status = over_time::by_status("runs-by-day", &history, steps, &runs, None);
        let measures = [Measure::Success, Measure::Score, Measure::Cost, Measure::Duration].into_iter();
        let measures = measures.filter(|measure| shows_scores || *measure != Measure::Score);
        let lines = measures.map(|measure| over_time::line(measure, &history, steps, &runs));
        render(&GraphPage {
            shell: Shell::new(graph.name.clone(), Section::Graphs, &call.who).fresh(Freshness::Polls),
            ranges: range.links(&Address::graph(id.as_str()), &RANGES),
            figures: figures(&in_range(true), &in_range(false), &of_range, shows_scores),
            is_partial: history.is_partial,
            is_by_week,
            days: steps.days(),
            by_status: by_status.filter(|chart| !chart.is_empty()),
            lines: lines.filter(|chart| !chart.is_empty()).collect(),
            rows: rows
                .map(|run| RunRow::new(run, origin.clone(), shows_scores, now))
                .collect(),
            shows_scores,
            runs,
            from: steps.from,
            graph,
            id,
        })
    }
}
