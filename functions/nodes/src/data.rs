//! `GET /api/node-executions/{id}/data`.

use http::{Method, StatusCode};
use runledger_store::data::Record;
use runledger_web::{AnyRole, Call, Endpoint, NoParams, Problem, Reply, Whole};

use crate::get_node::NodePath;

/// Streams all values of a node execution.
pub(crate) struct StreamNodeData;

impl Endpoint for StreamNodeData {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/node-executions/{id}/data";
    const SUMMARY: &'static str = "Stream every value of a node execution, however large (NDJSON)";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = NodePath;
    type Query = NoParams;
    type Body = ();
    type Reply = Whole;

    async fn handle(call: Call<Self>) -> Result<Reply<Whole>, Problem> {
        let scope = call.who.scope();
        let whole = Whole::read(call.ledger.into_db(), scope, Record::NodeExecution(call.path.id)).await?;
        Ok(Reply::new(whole))
    }
}
