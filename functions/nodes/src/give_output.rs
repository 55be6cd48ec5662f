//! `POST /api/node-executions/{id}/outputs`.

use http::{Method, StatusCode};
use runledger_models::Json;
use runledger_store::nodes;
use runledger_web::{Call, Endpoint, JsonBody, NoContent, NoParams, Problem, Reply, ServiceOnly};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::get_node::NodePath;

/// An output of a node.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "answer", "data": 42}))]
pub(crate) struct NodeOutputBody {
    /// Its name.
    name: String,
    /// Its value, if it has one.
    #[schema(value_type = Json, required = false)]
    data: Option<Json>,
}

/// Notes an output of a node execution.
pub(crate) struct GiveNodeOutput;

impl Endpoint for GiveNodeOutput {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/node-executions/{id}/outputs";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Note an output of a node execution";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::CONFLICT];
    type Access = ServiceOnly;
    type Path = NodePath;
    type Query = NoParams;
    type Body = JsonBody<NodeOutputBody>;
    type Reply = NoContent;

    async fn handle(call: Call<Self>) -> Result<Reply<NoContent>, Problem> {
        let JsonBody(NodeOutputBody { name, data }) = call.body;
        let scope = call.who.scope();
        let done = call
            .ledger
            .write(nodes::give_output(&scope, &call.path.id, name, data))
            .await?;
        Ok(Reply::done(done.map(|()| NoContent)))
    }
}
