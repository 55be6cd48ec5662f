//! `POST /rpc/get_node_executions`.

use runledger_models::{ExecutionStatus, Id, NodeExecutionResult, Timestamp, bounded::RowLimit};
use runledger_store::nodes::{self, Filter};
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, Rows, seeds},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which node executions to list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "graph_exec_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70",
    "statuses": ["FAILED"],
    "include_exec_data": false,
    "limit": 100
}))]
pub(crate) struct GetNodeExecutionsArgs {
    /// Only those of this graph execution.
    graph_exec_id: Option<Id>,
    /// Only those of this node of a graph.
    node_id: Option<Id>,
    /// Only those of nodes that run one of these blocks; none for all.
    block_ids: Option<Vec<Id>>,
    /// Only those in one of these statuses; none for all.
    statuses: Option<Vec<ExecutionStatus>>,
    /// The most that are answered; all without it, as long as the answer keeps to `max_response_bytes`.
    limit: Option<RowLimit>,
    /// Only those added at this time or later.
    created_time_gte: Option<Timestamp>,
    /// Only those added at this time or earlier.
    created_time_lte: Option<Timestamp>,
    /// Whether they come with their data; they do without it.
    include_exec_data: Option<bool>,
}

/// Node executions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct NodeList(Vec<NodeExecutionResult>);

/// Lists node executions.
pub(crate) struct GetNodeExecutions;

impl Method for GetNodeExecutions {
    const PATH: &'static str = "/rpc/get_node_executions";
    const SUMMARY: &'static str = "List node executions, newest first";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetNodeExecutionsArgs;
    type Value = NodeList;

    async fn call(called: Called<Self>) -> Result<Reply<NodeList>, Problem> {
        let args = called.args;
        let rows = Rows::new(args.limit, called.ledger.budget());
        let filter = Filter {
            graph_exec_id: args.graph_exec_id,
            node_id: args.node_id,
            block_ids: args.block_ids.filter(|ids| !ids.is_empty()),
            statuses: args.statuses.filter(|statuses| !statuses.is_empty()),
            created_from: args.created_time_gte,
            created_to: args.created_time_lte,
            without_data: args.include_exec_data == Some(false),
        };
        let (list, next) = called
            .ledger
            .read(nodes::list(&called.caller.scope(), &filter, None, rows.limit()))
            .await?;
        Ok(Reply::new(NodeList(rows.whole(list, next.as_ref())?)))
    }
}
