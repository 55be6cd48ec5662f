//! `PUT /api/kv/{key}`.

use http::{Method, StatusCode};
use runledger_models::{Id, Json, kv::KeyValue};
use runledger_store::kv;
use runledger_web::{Call, Endpoint, JsonBody, NoParams, OneUser, Problem, Reply};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::get_kv::KeyPath;

/// A value to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"node_exec_id": "0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86", "data": {"page": 7}}))]
pub(crate) struct KeyValueBody {
    /// The node execution that writes it. It is noted as it is, and need not be one that the ledger knows.
    node_exec_id: Id,
    /// The value. Null is a value too.
    data: Json,
}

/// Keeps a value under a key, in place of what was there.
pub(crate) struct PutKeyValue;

impl Endpoint for PutKeyValue {
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/api/kv/{key}";
    const SUMMARY: &'static str = "Keep a value under a key";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::CONFLICT];
    type Access = OneUser;
    type Path = KeyPath;
    type Query = NoParams;
    type Body = JsonBody<KeyValueBody>;
    type Reply = KeyValue;

    async fn handle(call: Call<Self>) -> Result<Reply<KeyValue>, Problem> {
        let JsonBody(KeyValueBody { node_exec_id, data }) = &call.body;
        let done = call
            .ledger
            .write(kv::put(&call.who, &call.path.key, node_exec_id, data))
            .await?;
        Ok(Reply::done(done))
    }
}
