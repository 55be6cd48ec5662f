//! `GET /api/executions/{id}/data`.

use http::{Method, StatusCode};
use runledger_store::data::Record;
use runledger_web::{AnyRole, Call, Endpoint, NoParams, Problem, Reply, Whole};

use crate::get::ExecutionPath;

/// Streams all values of an execution.
pub(crate) struct StreamExecutionData;

impl Endpoint for StreamExecutionData {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/{id}/data";
    const SUMMARY: &'static str =
        "Stream every value of an execution, however large, and those that its inputs and outputs come from (NDJSON)";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = ExecutionPath;
    type Query = NoParams;
    type Body = ();
    type Reply = Whole;

    async fn handle(call: Call<Self>) -> Result<Reply<Whole>, Problem> {
        let scope = call.who.scope();
        let whole = Whole::read(call.ledger.into_db(), scope, Record::Execution(call.path.id)).await?;
        Ok(Reply::new(whole))
    }
}
