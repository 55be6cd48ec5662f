//! `GET /api/executions/{id}` and `GET /api/graphs/{graph_id}/executions/{id}`.

use http::{Method, StatusCode};
use runledger_models::{Caller, GraphExecution, GraphExecutionWithNodes, Id, paging::Position};
use runledger_store::executions;
use runledger_web::{AnyRole, Call, Config, Cursor, Endpoint, Ledger, Problem, Reply, params};
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::View;

params! {
    /// The execution.
    pub(crate) struct ExecutionPath {
        /// The execution.
        id: Id,
    }
}

params! {
    /// The execution, and the graph that it has to be of.
    pub(crate) struct GraphExecutionPath {
        /// The graph.
        graph_id: Id,
        /// The execution.
        id: Id,
    }
}

params! {
    /// How much of the execution.
    pub(crate) struct GetQuery {
        /// Whether its node executions are in the answer: the newest thousand, in queue order.
        include_node_executions: Option<bool>,
    }
}

/// An execution with its newest nodes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExecutionWithNodes {
    #[serde(flatten)]
    execution: GraphExecutionWithNodes,
    /// Where `GET /api/node-executions?graph_exec_id=…` goes on with the older nodes: its `cursor`. Null when these are
    /// all.
    next_node_cursor: Option<String>,
}

impl ExecutionWithNodes {
    /// The execution, and where the list of its nodes goes on after those that come with it.
    pub(crate) fn new(execution: GraphExecutionWithNodes, next: Option<Position>) -> Self {
        Self {
            execution,
            next_node_cursor: next.map(|position| Cursor(position).encode()),
        }
    }
}

/// An execution, with or without its nodes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum OneExecution {
    /// With its nodes.
    WithNodes(ExecutionWithNodes),
    /// Without.
    Alone(GraphExecution),
}

async fn read(
    ledger: &Ledger,
    config: &Config,
    caller: &Caller,
    graph_id: Option<&Id>,
    id: &Id,
    query: &GetQuery,
) -> Result<Reply<OneExecution>, Problem> {
    let scope = caller.scope();
    let execution = if query.include_node_executions == Some(true) {
        let (execution, next) = ledger
            .read(executions::get_with_nodes(&scope, graph_id, id, executions::NODES))
            .await?;
        OneExecution::WithNodes(ExecutionWithNodes::new(execution.for_caller(caller, config), next))
    } else {
        OneExecution::Alone(
            ledger
                .read(executions::get(&scope, graph_id, id))
                .await?
                .for_caller(caller, config),
        )
    };
    Ok(Reply::new(execution))
}

/// Reads an execution.
pub(crate) struct GetExecution;

impl Endpoint for GetExecution {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/{id}";
    const CONDITIONAL: bool = true;
    const SUMMARY: &'static str = "Read an execution with its inputs and outputs";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = ExecutionPath;
    type Query = GetQuery;
    type Body = ();
    type Reply = OneExecution;

    async fn handle(call: Call<Self>) -> Result<Reply<OneExecution>, Problem> {
        read(&call.ledger, &call.config, &call.who, None, &call.path.id, &call.query).await
    }
}

/// Reads an execution of a graph.
pub(crate) struct GetGraphExecution;

impl Endpoint for GetGraphExecution {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/graphs/{graph_id}/executions/{id}";
    const CONDITIONAL: bool = true;
    const SUMMARY: &'static str = "Read an execution of a graph with its inputs and outputs";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = GraphExecutionPath;
    type Query = GetQuery;
    type Body = ();
    type Reply = OneExecution;

    async fn handle(call: Call<Self>) -> Result<Reply<OneExecution>, Problem> {
        let GraphExecutionPath { graph_id, id } = &call.path;
        read(&call.ledger, &call.config, &call.who, Some(graph_id), id, &call.query).await
    }
}
