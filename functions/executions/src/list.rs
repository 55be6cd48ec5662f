//! `GET /api/executions` and `GET /api/graphs/{graph_id}/executions`.

use http::Method;
use runledger_models::Id;
use runledger_web::{AnyRole, Call, Endpoint, NoParams, Problem, Reply, params};

use crate::execution_list::{ExecutionList, FilterQuery, PageQuery};

/// Lists the caller's executions.
pub(crate) struct ListExecutions;

impl Endpoint for ListExecutions {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions";
    const SUMMARY: &'static str = "List executions, newest first";
    type Access = AnyRole;
    type Path = NoParams;
    type Query = (FilterQuery, PageQuery);
    type Body = ();
    type Reply = ExecutionList;

    async fn handle(call: Call<Self>) -> Result<Reply<ExecutionList>, Problem> {
        let (filter, page) = call.query;
        let (filter, paging) = (filter.into_filter(), page.into_paging()?);
        ExecutionList::read(&call.ledger, &call.config, &call.who, &filter, paging)
            .await
            .map(Reply::new)
    }
}

params! {
    /// The graph whose executions are listed.
    pub(crate) struct GraphPath {
        /// The graph.
        graph_id: Id,
    }
}

/// Lists the caller's executions of one graph.
pub(crate) struct ListGraphExecutions;

impl Endpoint for ListGraphExecutions {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/graphs/{graph_id}/executions";
    const SUMMARY: &'static str = "List the executions of a graph, newest first";
    type Access = AnyRole;
    type Path = GraphPath;
    type Query = (FilterQuery, PageQuery);
    type Body = ();
    type Reply = ExecutionList;

    async fn handle(call: Call<Self>) -> Result<Reply<ExecutionList>, Problem> {
        let (filter, page) = call.query;
        let (mut filter, paging) = (filter.into_filter(), page.into_paging()?);
        let graph_id = call.path.graph_id;
        if filter.graph_id.as_ref().is_some_and(|other| *other != graph_id) {
            return Err(Problem::invalid_at(
                "/query/graph_id",
                "is another graph than that of the path",
            ));
        }
        filter.graph_id = Some(graph_id);
        ExecutionList::read(&call.ledger, &call.config, &call.who, &filter, paging)
            .await
            .map(Reply::new)
    }
}
