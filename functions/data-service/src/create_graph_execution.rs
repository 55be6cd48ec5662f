//! `POST /rpc/create_graph_execution`.

use runledger_models::{GraphExecutionWithNodes, Id, NewExecution, Object, new_execution::StartingNode};
use runledger_store::executions;
use runledger_web::{
    Problem, Reply, arguments, named_user,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type, schema::ArrayItems},
};

/// A node to start at, and what goes into it.
#[derive(Debug, Deserialize)]
pub(crate) struct StartingPair(Id, Object);

impl From<StartingPair> for StartingNode {
    fn from(StartingPair(node_id, input): StartingPair) -> Self {
        Self { node_id, input }
    }
}

impl ToSchema for StartingPair {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        // As `Record` does: `NewExecution` refers to it as a parameter.
        schemas.push((Self::name().into_owned(), Self::schema()));
    }
}

impl PartialSchema for StartingPair {
    fn schema() -> RefOr<Schema> {
        let id = match Id::schema() {
            RefOr::T(id) => id,
            RefOr::Ref(_) => Schema::default(),
        };
        let inputs = ObjectBuilder::new().schema_type(Type::Object).into();
        ArrayBuilder::new()
            .description(Some("A node to start at, and what goes into it, by name."))
            .prefix_items([id, inputs])
            .items(ArrayItems::False)
            .min_items(Some(2))
            .max_items(Some(2))
            .into()
    }
}

arguments! {
    /// What an execution starts from.
    #[example = json!({
        "graph_id": "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
        "graph_version": 1,
        "starting_nodes_input": [["0197a3c2-7d4f-7b20-a1c6-3e9f8d7c6b5a", {"value": "why"}]],
        "inputs": {"question": "why"},
        "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11"
    })]
    pub(crate) struct CreateGraphExecutionArgs {
        /// The graph to run.
        graph_id: Id,
        /// Whose it is.
        user_id: Id,
        ..new: NewExecution<StartingPair>
    }
}

/// Creates an execution: INCOMPLETE, its starting nodes QUEUED.
pub(crate) struct CreateGraphExecution;

impl Method for CreateGraphExecution {
    const PATH: &'static str = "/rpc/create_graph_execution";
    const SUMMARY: &'static str = "Create an execution with its starting nodes";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    type Args = CreateGraphExecutionArgs;
    type Value = GraphExecutionWithNodes;

    async fn call(called: Called<Self>) -> Result<Reply<GraphExecutionWithNodes>, Problem> {
        let CreateGraphExecutionArgs { graph_id, user_id, new } = called.args;
        let user = named_user(&called.caller, &user_id, "/user_id")?;
        let done = called.ledger.write(executions::create(&user, graph_id, new)).await?;
        Ok(Reply::done(done))
    }
}
