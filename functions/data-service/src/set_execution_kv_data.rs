//! `POST /rpc/set_execution_kv_data`.

use runledger_models::{Id, Json};
use runledger_store::kv;
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::get_execution_kv_data::MaybeValue;

/// What to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "node_exec_id": "0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86",
    "key": "last-seen",
    "data": {"page": 7}
}))]
pub(crate) struct SetExecutionKvDataArgs {
    /// The user.
    user_id: Id,
    /// The node execution that writes it. It is noted as it is, and need not be one that the ledger knows.
    node_exec_id: Id,
    /// The key.
    key: Id,
    /// The value. Null is a value too.
    data: Json,
}

/// Keeps a value under a key, in place of what was there.
pub(crate) struct SetExecutionKvData;

impl Method for SetExecutionKvData {
    const PATH: &'static str = "/rpc/set_execution_kv_data";
    const SUMMARY: &'static str = "Keep a value under a key of a user; answers the value";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    type Args = SetExecutionKvDataArgs;
    type Value = MaybeValue;

    async fn call(called: Called<Self>) -> Result<Reply<MaybeValue>, Problem> {
        let args = called.args;
        let user = named_user(&called.caller, &args.user_id, "/user_id")?;
        let done = called
            .ledger
            .write(kv::put(&user, &args.key, &args.node_exec_id, &args.data))
            .await?;
        Ok(Reply::done(done.map(|kept| MaybeValue(Some(kept.data)))))
    }
}
