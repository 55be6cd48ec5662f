//! `GET /api/node-executions`.

use http::Method;
use runledger_models::{Bounded, ExecutionStatus, Id, NodeExecutionResult, Timestamp};
use runledger_store::nodes::{self, Filter};
use runledger_web::{AnyRole, Call, Cursor, Endpoint, List, NoParams, Problem, Reply, params};
use serde::Serialize;
use utoipa::ToSchema;

/// How many node executions a part of the list has when the caller names no number.
const DEFAULT_LIMIT: u32 = 100;

params! {
    /// Which node executions to list, and which part of the list.
    pub(crate) struct NodeListQuery {
        /// Only those of this graph execution.
        graph_exec_id: Option<Id>,
        /// Only those of this node of a graph.
        node_id: Option<Id>,
        /// Only those of nodes that run one of these blocks; repeated or with commas.
        block_ids: Option<List<Id>>,
        /// Only those in one of these statuses; repeated or with commas.
        statuses: Option<List<ExecutionStatus>>,
        /// Only those added at this time or later.
        created_time_gte: Option<Timestamp>,
        /// Only those added at this time or earlier.
        created_time_lte: Option<Timestamp>,
        /// Whether they come with their data; they do unless this is false.
        include_exec_data: Option<bool>,
        /// Where to go on: the `next_cursor` of the part before, or an execution's `next_node_cursor`.
        cursor: Option<Cursor>,
        /// The most node executions of a part; 100 without it.
        limit: Option<Bounded<1, 1000>>,
    }
}

/// A part of a list of node executions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeExecutionList {
    /// The node executions.
    node_executions: Vec<NodeExecutionResult>,
    /// Where the next part begins; null at the end of the list.
    next_cursor: Option<String>,
}

/// Lists node executions of the caller's executions.
pub(crate) struct ListNodeExecutions;

impl Endpoint for ListNodeExecutions {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/node-executions";
    const SUMMARY: &'static str = "List node executions, newest first";
    type Access = AnyRole;
    type Path = NoParams;
    type Query = NodeListQuery;
    type Body = ();
    type Reply = NodeExecutionList;

    async fn handle(call: Call<Self>) -> Result<Reply<NodeExecutionList>, Problem> {
        let query = call.query;
        let filter = Filter {
            graph_exec_id: query.graph_exec_id,
            node_id: query.node_id,
            block_ids: query.block_ids.map(|List(ids)| ids),
            statuses: query.statuses.map(|List(statuses)| statuses),
            created_from: query.created_time_gte,
            created_to: query.created_time_lte,
            without_data: query.include_exec_data == Some(false),
        };
        let before = query.cursor.map(|Cursor(position)| position);
        let limit = query.limit.map_or(DEFAULT_LIMIT, Bounded::get);
        let (node_executions, next) = call
            .ledger
            .read(nodes::list(&call.who.scope(), &filter, before.as_ref(), limit))
            .await?;
        Ok(Reply::new(NodeExecutionList {
            node_executions,
            next_cursor: next.map(|position| Cursor(position).encode()),
        }))
    }
}
