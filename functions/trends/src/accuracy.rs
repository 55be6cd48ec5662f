//! `GET /api/executions/admin/execution_accuracy_trends`.

use http::Method;
use runledger_models::{
    Bounded, Id, Timestamp,
    bounded::{DaysBack, Percent},
    monitors::AccuracyTrends,
};
use runledger_store::monitors::{self, AccuracyQuery};
use runledger_web::{AdminOnly, Call, Endpoint, Names, NoParams, One, Problem, Reply, named_scope, params};

const DEFAULT_DAYS: u32 = 30;
const DEFAULT_THRESHOLD: f64 = 10.0;

/// What means run over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    /// Days with finished executions.
    Rows,
    /// Days of the calendar.
    Calendar,
}

impl Names for Window {
    fn named(name: &str) -> Option<Self> {
        match name {
            "rows" => Some(Self::Rows),
            "calendar" => Some(Self::Calendar),
            _ => None,
        }
    }

    fn names() -> Vec<&'static str> {
        vec!["rows", "calendar"]
    }
}

params! {
    /// Which graph, which days, and what an alert is.
    pub(crate) struct AccuracyTrendsQuery {
        /// The graph.
        graph_id: Id,
        /// Only executions of this user.
        user_id: Option<Id>,
        /// Today and so many days before it; 30 without it.
        days_back: Option<DaysBack>,
        /// The fall in percent from which on there is an alert; 10 without it.
        drop_threshold: Option<Percent>,
        /// Whether all days are answered; false without it.
        include_historical: Option<bool>,
        /// What means run over: the last days with finished executions (`rows`), or of the calendar; `rows` without it.
        window: Option<One<Window>>,
    }
}

/// Shows how the accuracy of a graph went.
pub(crate) struct GetAccuracyTrends;

impl Endpoint for GetAccuracyTrends {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/admin/execution_accuracy_trends";
    const SUMMARY: &'static str = "Show how the accuracy of a graph went, and whether it fell";
    type Access = AdminOnly;
    type Path = NoParams;
    type Query = AccuracyTrendsQuery;
    type Body = ();
    type Reply = AccuracyTrends;

    async fn handle(call: Call<Self>) -> Result<Reply<AccuracyTrends>, Problem> {
        let asked = call.query;
        let scope = named_scope(&call.who, asked.user_id.as_ref(), "/query/user_id")?;
        let query = AccuracyQuery {
            graph_id: asked.graph_id,
            days_back: asked.days_back.map_or(DEFAULT_DAYS, Bounded::get),
            by_calendar: asked.window == Some(One(Window::Calendar)),
            historical: asked.include_historical.unwrap_or(false),
        };
        let rows = call.ledger.read(monitors::accuracy(&scope, &query)).await?;
        Ok(Reply::new(AccuracyTrends::new(
            rows,
            query.graph_id.as_str(),
            scope.user_id(),
            asked.drop_threshold.map_or(DEFAULT_THRESHOLD, Percent::get),
            query.historical,
            Timestamp::now(),
        )))
    }
}
