//! `POST /rpc/get_execution_kv_data`.

use runledger_models::{Id, Json};
use runledger_store::kv;
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, found_whole, seeds},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11", "key": "last-seen"}))]
pub(crate) struct GetExecutionKvDataArgs {
    /// The user.
    user_id: Id,
    /// The key.
    key: Id,
}

/// What is kept, or null.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Value)]
pub(crate) struct MaybeValue(pub(crate) Option<Json>);

/// Reads what a user keeps under a key.
pub(crate) struct GetExecutionKvData;

impl Method for GetExecutionKvData {
    const PATH: &'static str = "/rpc/get_execution_kv_data";
    const SUMMARY: &'static str = "Read what a user keeps under a key; null if there is nothing";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetExecutionKvDataArgs;
    type Value = MaybeValue;

    async fn call(called: Called<Self>) -> Result<Reply<MaybeValue>, Problem> {
        let GetExecutionKvDataArgs { user_id, key } = called.args;
        let user = named_user(&called.caller, &user_id, "/user_id")?;
        let kept = found_whole(called.ledger.read(kv::get(&user, &key)).await, called.ledger.budget())?;
        Ok(Reply::new(MaybeValue(kept.map(|kept| kept.data))))
    }
}
