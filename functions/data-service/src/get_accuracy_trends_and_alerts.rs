//! `POST /rpc/get_accuracy_trends_and_alerts`.

use runledger_models::{
    Bounded, Id, Timestamp,
    bounded::{DaysBack, Percent},
    monitors::AccuracyTrends,
};
use runledger_store::monitors::{self, AccuracyQuery};
use runledger_web::{
    Problem, Reply, named_scope,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

const DEFAULT_THRESHOLD: f64 = 10.0;
pub(crate) const DEFAULT_DAYS: u32 = 30;

/// Which graph, which days, and what an alert is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "graph_id": "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
    "days_back": 30,
    "drop_threshold": 10.0
}))]
pub(crate) struct GetAccuracyTrendsAndAlertsArgs {
    /// The graph.
    graph_id: Id,
    /// Today and so many days before it; 30 without it.
    days_back: Option<DaysBack>,
    /// Only executions of this user.
    user_id: Option<Id>,
    /// The fall in percent from which on there is an alert; 10 without it.
    drop_threshold: Option<Percent>,
    /// Whether all days are answered; they are not without it.
    include_historical: Option<bool>,
}

/// Shows how the accuracy of a graph went.
pub(crate) struct GetAccuracyTrendsAndAlerts;

impl Method for GetAccuracyTrendsAndAlerts {
    const PATH: &'static str = "/rpc/get_accuracy_trends_and_alerts";
    const SUMMARY: &'static str = "Show how the accuracy of a graph went, and whether it fell";
    const PLATFORM_SOURCE: &'static str = seeds::ANALYTICS;
    const READS: bool = true;
    type Args = GetAccuracyTrendsAndAlertsArgs;
    type Value = AccuracyTrends;

    async fn call(called: Called<Self>) -> Result<Reply<AccuracyTrends>, Problem> {
        let args = called.args;
        let scope = named_scope(&called.caller, args.user_id.as_ref(), "/user_id")?;
        let threshold = args.drop_threshold.map_or(DEFAULT_THRESHOLD, Percent::get);
        let query = AccuracyQuery {
            graph_id: args.graph_id,
            days_back: args.days_back.map_or(DEFAULT_DAYS, Bounded::get),
            by_calendar: false,
            historical: args.include_historical == Some(true),
        };
        let rows = called.ledger.read(monitors::accuracy(&scope, &query)).await?;
        Ok(Reply::new(AccuracyTrends::new(
            rows,
            query.graph_id.as_str(),
            scope.user_id(),
            threshold,
            query.historical,
            Timestamp::now(),
        )))
    }
}
