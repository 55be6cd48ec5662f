//! `GET /graphs`: the graphs that ran.

use askama::Template;
use http::Method;
use runledger_models::{Id, Timestamp};
use runledger_store::pages::graphs::{self, Graphs, ListedGraph, Order};
use runledger_web::{AnyRole, Call, Door, Endpoint, Names, NoParams, One, Problem, Reply, page::Rendered, params};

use crate::{
    DOOR,
    address::Address,
    figure::ShownSums as _,
    format::Count,
    parts::{Empty, When},
    range::{Range, RangeQuery},
    shell::{Section, Shell, render},
};

/// Graphs on a page.
const LIMIT: u32 = 50;
/// The ranges to choose from.
const RANGES: [Range; 4] = [Range::Day, Range::Week, Range::Month, Range::Quarter];

/// What graphs are ordered by, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// How often they ran.
    Runs,
    /// The share that failed.
    Failed,
    /// What they cost.
    Cost,
    /// How long they took.
    Duration,
}

impl Sort {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Runs, "runs"),
        (Self::Failed, "failed"),
        (Self::Cost, "cost"),
        (Self::Duration, "duration"),
    ];

    const fn order(self) -> Order {
        match self {
            Self::Runs => Order::Runs,
            Self::Failed => Order::Failed,
            Self::Cost => Order::Cost,
            Self::Duration => Order::Duration,
        }
    }
}

impl Names for Sort {
    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, named)| *named == name)
            .map(|(sort, _)| sort)
    }

    fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(|(_, name)| name).collect()
    }
}

params! {
    /// The order, and where the list goes on.
    pub(crate) struct GraphsQuery {
        /// The order.
        sort: Option<One<Sort>>,
        /// The last graph of the part before.
        after: Option<Id>,
    }
}

#[derive(Template)]
#[template(path = "graphs/list.html")]
struct GraphsPage {
    shell: Shell,
    ranges: Vec<(&'static str, String, bool)>,
    range: Range,
    sort: Sort,
    total: u64,
    rows: Vec<ListedGraph>,
    more: Option<String>,
    is_first: bool,
    shows_scores: bool,
    from: Timestamp,
}

impl GraphsPage {
    /// The list in another order.
    fn sorted(&self, name: &str) -> String {
        let list = Address::new("/graphs").with("range", self.range.name());
        list.with("sort", name).to_string()
    }

    /// What a column's heading says of the order.
    fn is_sorted(&self, name: &str) -> bool {
        Sort::named(name) == Some(self.sort)
    }

    fn runs_of(&self, graph: &ListedGraph) -> Address {
        Address::runs()
            .with("graph_id", &graph.graph_id)
            .with("created_from", self.from)
    }
}

fn last_run(graph: &ListedGraph) -> Option<When> {
    graph.last_run.as_ref()?.shown().map(When::ago)
}

/// Shows the graphs that ran.
pub(crate) struct GetGraphs;

impl Endpoint for GetGraphs {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/graphs";
    const SUMMARY: &'static str = "How do the graphs do?";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = NoParams;
    type Query = (RangeQuery, GraphsQuery);
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let (RangeQuery { range }, GraphsQuery { sort, after }) = call.query;
        let range = range.map_or(Range::Month, |One(range)| range);
        let sort = sort.map_or(Sort::Runs, |One(sort)| sort);
        let now = Timestamp::now();
        let from = range.from(now);
        let list = graphs::graphs(&call.who.scope(), [from, now], sort.order(), after.as_ref(), LIMIT);
        let Graphs { total, rows, has_more } = call.ledger.read(list).await?;
        let sort_name = Sort::ALL
            .into_iter()
            .find(|(named, _)| *named == sort)
            .map_or("", |(_, name)| name);
        let page = Address::new("/graphs");
        let more = rows.last().filter(|_| has_more).map(|graph| {
            let next = page.clone().with("range", range.name()).with("sort", sort_name);
            next.with("after", &graph.graph_id).to_string()
        });
        render(&GraphsPage {
            shell: Shell::new("Graphs", Section::Graphs, &call.who),
            ranges: range.links(&page.with("sort", sort_name), &RANGES),
            range,
            sort,
            total,
            rows,
            more,
            is_first: after.is_none(),
            shows_scores: call.config.shows_activity(&call.who),
            from,
        })
    }
}
