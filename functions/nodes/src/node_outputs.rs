//! `GET /api/node-executions/{id}/outputs`.

use http::{Method, StatusCode};
use runledger_models::{Json, Object, Truncated};
use runledger_store::nodes;
use runledger_web::{AnyRole, Call, Endpoint, NoParams, Problem, Reply};
use serde::Serialize;
use utoipa::ToSchema;

use crate::get_node::NodePath;

/// The last value of each output, by name. One that was left out, since the answer would be too large with it, is
/// `{"$truncated": {"stored_bytes": …}}`; then a member `$truncated` tells where the whole is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = BTreeMap<String, Json>)]
pub(crate) struct NodeOutputs(Object);

/// Reads what a node execution gave.
pub(crate) struct GetNodeOutputs;

impl Endpoint for GetNodeOutputs {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/node-executions/{id}/outputs";
    const CONDITIONAL: bool = true;
    const SUMMARY: &'static str = "Read the last value of each output of a node execution";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = NodePath;
    type Query = NoParams;
    type Body = ();
    type Reply = NodeOutputs;

    async fn handle(call: Call<Self>) -> Result<Reply<NodeOutputs>, Problem> {
        let (mut outputs, truncated) = call
            .ledger
            .read(nodes::outputs(&call.who.scope(), &call.path.id))
            .await?;
        if let Some(Truncated { data }) = truncated {
            outputs.insert("$truncated".to_owned(), Json::object("data", &data));
        }
        Ok(Reply::new(NodeOutputs(outputs)))
    }
}
