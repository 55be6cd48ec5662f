//! `GET /api/admin/frequent-graphs`.

use http::Method;
use runledger_models::{Bounded, bounded::DaysBack, monitors::FrequentGraph};
use runledger_store::monitors::{self, FrequentQuery};
use runledger_web::{AdminOnly, Call, Endpoint, NoParams, Problem, Reply, params};
use serde::Serialize;
use utoipa::ToSchema;

const DEFAULT_DAYS: u32 = 30;
const DEFAULT_MIN_EXECUTIONS: u32 = 10;

params! {
    /// Which days, and how many executions make a graph frequent.
    pub(crate) struct FrequentGraphsQuery {
        /// Executions of the last so many times 24 hours count; 30 without it.
        days_back: Option<DaysBack>,
        /// The least executions; 10 without it.
        min_executions: Option<Bounded<1, 1_000_000_000>>,
    }
}

/// Users' graphs, the most frequent first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct FrequentGraphList(Vec<FrequentGraph>);

/// Lists the graphs that ran often.
pub(crate) struct ListFrequentGraphs;

impl Endpoint for ListFrequentGraphs {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/admin/frequent-graphs";
    const SUMMARY: &'static str = "List the users' graphs that finished often, most first";
    type Access = AdminOnly;
    type Path = NoParams;
    type Query = FrequentGraphsQuery;
    type Body = ();
    type Reply = FrequentGraphList;

    async fn handle(call: Call<Self>) -> Result<Reply<FrequentGraphList>, Problem> {
        let FrequentGraphsQuery {
            days_back,
            min_executions,
        } = call.query;
        let query = FrequentQuery {
            days_back: days_back.map_or(DEFAULT_DAYS, Bounded::get),
            min_executions: min_executions.map_or(DEFAULT_MIN_EXECUTIONS, Bounded::get),
        };
        let graphs = call
            .ledger
            .read(monitors::frequent_graphs(&call.who.scope(), &query))
            .await?;
        Ok(Reply::new(FrequentGraphList(graphs)))
    }
}
