//! `GET /api/kv/{key}`.

use http::{Method, StatusCode};
use runledger_models::{Id, kv::KeyValue};
use runledger_store::kv;
use runledger_web::{Call, Endpoint, NoParams, OneUser, Problem, Reply, params};

params! {
    /// The key.
    pub(crate) struct KeyPath {
        /// The key.
        key: Id,
    }
}

/// Reads what a user keeps under a key.
pub(crate) struct GetKeyValue;

impl Endpoint for GetKeyValue {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/kv/{key}";
    const CONDITIONAL: bool = true;
    const SUMMARY: &'static str = "Read what is kept under a key";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = OneUser;
    type Path = KeyPath;
    type Query = NoParams;
    type Body = ();
    type Reply = KeyValue;

    async fn handle(call: Call<Self>) -> Result<Reply<KeyValue>, Problem> {
        Ok(Reply::new(call.ledger.read(kv::get(&call.who, &call.path.key)).await?))
    }
}
