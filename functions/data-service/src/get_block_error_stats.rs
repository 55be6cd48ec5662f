//! `POST /rpc/get_block_error_stats`.

use runledger_models::Timestamp;
use runledger_store::monitors::{self, BlockErrorQuery};
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, seeds},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The least executions of a block that is told of.
const MIN_EXECUTIONS: u32 = 10;

/// Which time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"start_time": "2026-01-02T03:04:05.678Z", "end_time": "2026-01-09T03:04:05.678Z"}))]
pub(crate) struct GetBlockErrorStatsArgs {
    /// Node executions added at this time or later.
    start_time: Timestamp,
    /// Node executions added at this time or earlier.
    end_time: Timestamp,
}

/// How often a block failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BlockErrorStats {
    block_id: String,
    total_executions: u64,
    failed_executions: u64,
}

/// Blocks with how often they failed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(as = BlockErrorStatsList)]
pub(crate) struct BlockErrorList(Vec<BlockErrorStats>);

/// Lists how often blocks failed.
pub(crate) struct GetBlockErrorStats;

impl Method for GetBlockErrorStats {
    const PATH: &'static str = "/rpc/get_block_error_stats";
    const SUMMARY: &'static str = "List how often blocks with 10 executions or more failed, worst first";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetBlockErrorStatsArgs;
    type Value = BlockErrorList;

    async fn call(called: Called<Self>) -> Result<Reply<BlockErrorList>, Problem> {
        let query = BlockErrorQuery {
            from: called.args.start_time,
            to: called.args.end_time,
            min_executions: MIN_EXECUTIONS,
            min_error_rate: 0,
        };
        let blocks = called
            .ledger
            .read(monitors::block_errors(&called.caller.scope(), &query))
            .await?;
        let blocks = blocks.into_iter().map(|block| BlockErrorStats {
            block_id: block.block_id,
            total_executions: block.total_executions,
            failed_executions: block.failed_executions,
        });
        Ok(Reply::new(BlockErrorList(blocks.collect())))
    }
}
