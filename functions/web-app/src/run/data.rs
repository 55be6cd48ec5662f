//! `GET /runs/{id}/data`: every value of a run, however large, as a file.

use http::{HeaderValue, Method, header};
use runledger_store::data::Record;
use runledger_web::{AnyRole, Call, Door, Endpoint, NoParams, Problem, Reply, Whole};

use super::RunPath;
use crate::DOOR;

/// Streams all values of a run.
pub(crate) struct GetData;

impl Endpoint for GetData {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/runs/{id}/data";
    const SUMMARY: &'static str = "Every value of a run, as a file";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = RunPath;
    type Query = NoParams;
    type Body = ();
    type Reply = Whole;

    async fn handle(call: Call<Self>) -> Result<Reply<Whole>, Problem> {
        let scope = call.who.scope();
        let id = call.path.id;
        // Ids are of any characters; a file's name is not.
        let name: String = id.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
        let disposition = HeaderValue::try_from(format!("attachment; filename=\"run-{name}.ndjson\""))
            .map_err(|error| Problem::internal(error.to_string()))?;
        let whole = Whole::read(call.ledger.into_db(), scope, Record::Execution(id)).await?;
        Ok(Reply::new(whole).with(header::CONTENT_DISPOSITION, disposition))
    }
}
