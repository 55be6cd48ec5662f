//! `POST /rpc/get_frequently_executed_graphs`.

use runledger_models::{Bounded, bounded::DaysBack, monitors::FrequentGraph};
use runledger_store::monitors::{self, FrequentQuery};
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, seeds},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::get_accuracy_trends_and_alerts::DEFAULT_DAYS;

const DEFAULT_MIN_EXECUTIONS: u32 = 10;
/// More than any graph has; what the database counts with ends soon after.
const MAX_MIN_EXECUTIONS: u32 = 1_000_000_000;

/// Which days, and how many executions make a graph frequent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"days_back": 30, "min_executions": 10}))]
pub(crate) struct GetFrequentlyExecutedGraphsArgs {
    /// Executions of the last so many times 24 hours count; 30 without it.
    days_back: Option<DaysBack>,
    /// The least executions; 10 without it. Graphs without any are never listed.
    #[schema(format = "uint32", maximum = 4_294_967_295_u32)]
    min_executions: Option<u32>,
}

/// Users' graphs, the most frequent first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct FrequentGraphs(Vec<FrequentGraph>);

/// Lists the graphs that ran often.
pub(crate) struct GetFrequentlyExecutedGraphs;

impl Method for GetFrequentlyExecutedGraphs {
    const PATH: &'static str = "/rpc/get_frequently_executed_graphs";
    const SUMMARY: &'static str = "List the users' graphs that finished often, most first";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetFrequentlyExecutedGraphsArgs;
    type Value = FrequentGraphs;

    async fn call(called: Called<Self>) -> Result<Reply<FrequentGraphs>, Problem> {
        let least = called.args.min_executions.unwrap_or(DEFAULT_MIN_EXECUTIONS);
        let query = FrequentQuery {
            days_back: called.args.days_back.map_or(DEFAULT_DAYS, Bounded::get),
            min_executions: least.clamp(1, MAX_MIN_EXECUTIONS),
        };
        let graphs = called
            .ledger
            .read(monitors::frequent_graphs(&called.caller.scope(), &query))
            .await?;
        Ok(Reply::new(FrequentGraphs(graphs)))
    }
}
