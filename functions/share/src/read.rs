//! `GET /api/public/shared/{token}`.

use http::{Method, StatusCode};
use runledger_models::SharedExecution;
use runledger_store::{Error, shares};
use runledger_web::{Call, Endpoint, MaybeToken, NoParams, Problem, Public, Reply, params};

params! {
    /// The link.
    pub(crate) struct TokenPath {
        /// The secret part of the link.
        token: MaybeToken,
    }
}

/// Shows a shared result to anyone who has its link.
pub(crate) struct ReadShared;

impl Endpoint for ReadShared {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/public/shared/{token}";
    const CONDITIONAL: bool = true;
    const SUMMARY: &'static str = "Read a shared result";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE];
    type Access = Public;
    type Path = TokenPath;
    type Query = NoParams;
    type Body = ();
    type Reply = SharedExecution;

    async fn handle(call: Call<Self>) -> Result<Reply<SharedExecution>, Problem> {
        let MaybeToken(token) = &call.path.token;
        match call
            .ledger
            .read(shares::read(token.as_ref(), call.ledger.budget()))
            .await
        {
            Err(Error::Missing) => Err(Problem::not_found("nothing is shared under this link")),
            shared => Ok(Reply::new(shared?)),
        }
    }
}
