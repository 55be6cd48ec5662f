//! `GET /api/admin/block-error-stats`.

use http::Method;
use runledger_models::{Bounded, Timestamp, monitors::BlockErrors};
use runledger_store::monitors::{self, BlockErrorQuery};
use runledger_web::{AdminOnly, Call, Endpoint, NoParams, Problem, Reply, params, time_range};
use serde::Serialize;
use utoipa::ToSchema;

const DEFAULT_MIN_EXECUTIONS: u32 = 10;
/// The range without `start_time`, in days.
const DEFAULT_DAYS: u32 = 1;

params! {
    /// Which node executions, and how many make a block worth telling of.
    pub(crate) struct BlockErrorStatsQuery {
        /// Those added at this time or later; a day before the end without it.
        start_time: Option<Timestamp>,
        /// Those added at this time or earlier; now without it.
        end_time: Option<Timestamp>,
        /// The least executions of a block that is told of; 10 without it.
        min_executions: Option<Bounded<1, 1_000_000_000>>,
    }
}

/// Blocks with how often they failed, worst first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct BlockErrorList(Vec<BlockErrors>);

/// Lists how often blocks failed.
pub(crate) struct ListBlockErrors;

impl Endpoint for ListBlockErrors {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/admin/block-error-stats";
    const SUMMARY: &'static str = "List how often blocks failed, worst first";
    type Access = AdminOnly;
    type Path = NoParams;
    type Query = BlockErrorStatsQuery;
    type Body = ();
    type Reply = BlockErrorList;

    async fn handle(call: Call<Self>) -> Result<Reply<BlockErrorList>, Problem> {
        let BlockErrorStatsQuery {
            start_time,
            end_time,
            min_executions,
        } = call.query;
        let range = time_range(start_time, end_time, DEFAULT_DAYS)?;
        let min_executions = min_executions.map_or(DEFAULT_MIN_EXECUTIONS, Bounded::get);
        let query = BlockErrorQuery {
            from: range.start(),
            to: range.end(),
            min_executions,
            min_error_rate: 0,
        };
        let blocks = call
            .ledger
            .read(monitors::block_errors(&call.who.scope(), &query))
            .await?;
        Ok(Reply::new(BlockErrorList(blocks)))
    }
}
