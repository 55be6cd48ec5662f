//! `POST /rpc/update_graph_execution_share_status`.

use runledger_models::{Id, Scope, ShareToken, Timestamp};
use runledger_store::shares::{self, ShareStatus};
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, Null, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The shortest token: 128 random bits, in six for each character.
const LEAST_TOKEN: usize = 22;

/// The state of an execution's share link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "execution_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70",
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "is_shared": true,
    "share_token": "Cavv9mnqRr6I0JvTHx2mLQyZ5sWc8dEf1gKb3nUo"
}))]
pub(crate) struct UpdateGraphExecutionShareStatusArgs {
    /// The execution.
    execution_id: Id,
    /// Whose it is.
    user_id: Id,
    /// Whether it is shared.
    is_shared: bool,
    /// The secret part of the link: 22 or more letters, digits, `-` and `_`, so that it may have 128 random bits. A
    /// shared execution needs one.
    #[schema(value_type = Option<String>, min_length = 22, max_length = 128, pattern = "^[A-Za-z0-9_-]+$")]
    share_token: Option<ShareToken>,
    /// When it was shared; now without it.
    shared_at: Option<Timestamp>,
}

/// Sets an execution's share link.
pub(crate) struct UpdateGraphExecutionShareStatus;

impl Method for UpdateGraphExecutionShareStatus {
    const PATH: &'static str = "/rpc/update_graph_execution_share_status";
    const SUMMARY: &'static str = "Share an execution under a token, or end its link";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    type Args = UpdateGraphExecutionShareStatusArgs;
    type Value = Null;

    async fn call(called: Called<Self>) -> Result<Reply<Null>, Problem> {
        let args = called.args;
        let scope = Scope::User(named_user(&called.caller, &args.user_id, "/user_id")?);
        if args.is_shared && args.share_token.is_none() {
            return Err(Problem::invalid_at(
                "/share_token",
                "is missing; nobody could follow the link",
            ));
        }
        if args
            .share_token
            .as_ref()
            .is_some_and(|token| token.as_str().len() < LEAST_TOKEN)
        {
            let detail = format!("is shorter than {LEAST_TOKEN} characters; it could be guessed");
            return Err(Problem::invalid_at("/share_token", detail));
        }
        let status = ShareStatus {
            token: args.share_token.filter(|_| args.is_shared),
            shared_at: args.shared_at.filter(|_| args.is_shared),
        };
        let done = called
            .ledger
            .write(shares::set(&scope, &args.execution_id, status))
            .await?;
        Ok(Reply::done(done.map(|()| Null)))
    }
}
