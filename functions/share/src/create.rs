//! `POST /api/graphs/{graph_id}/executions/{id}/share`.

use http::{Method, StatusCode};
use runledger_models::{Id, ShareToken, Timestamp};
use runledger_store::shares;
use runledger_web::{AnyRole, Call, Endpoint, JsonBody, NoParams, Problem, Reply, params, setting};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

params! {
    /// The execution, and the graph that it has to be of.
    pub(crate) struct SharePath {
        /// The graph.
        graph_id: Id,
        /// The execution.
        id: Id,
    }
}

/// How long to share; without a body, until it is revoked.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"expires_at": "2099-01-02T03:04:05.678Z"}))]
pub(crate) struct CreateShareBody {
    /// When the link ends; null for a link without an end.
    expires_at: Option<Timestamp>,
}

/// The link.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShareLink {
    /// Where anyone reads the result.
    share_url: String,
    /// The secret part of the link.
    share_token: String,
    /// When the link ends.
    expires_at: Option<Timestamp>,
}

impl ShareLink {
    fn new(link: &shares::Link, base_url: &str) -> Self {
        Self {
            share_url: format!("{base_url}{}", link.token.as_str()),
            share_token: link.token.as_str().to_owned(),
            expires_at: link.expires_at,
        }
    }
}

/// Shares an execution's result under a new link; an older link ends.
pub(crate) struct CreateShare;

impl Endpoint for CreateShare {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/graphs/{graph_id}/executions/{id}/share";
    const SUMMARY: &'static str = "Share an execution's result by a new link";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = SharePath;
    type Query = NoParams;
    type Body = Option<JsonBody<CreateShareBody>>;
    type Reply = ShareLink;

    async fn handle(call: Call<Self>) -> Result<Reply<ShareLink>, Problem> {
        let expires_at = call.body.and_then(|JsonBody(body)| body.expires_at);
        if expires_at.is_some_and(|end| end <= Timestamp::now()) {
            return Err(Problem::invalid_at("/expires_at", "is not in the future"));
        }
        // What a share link begins with, before its token.
        let base_url = setting("share_base_url").await.map_err(Problem::internal)?;
        let SharePath { graph_id, id } = &call.path;
        let link = shares::Link {
            token: ShareToken::generate(),
            expires_at,
        };
        let done = call
            .ledger
            .write(shares::create(&call.who.scope(), graph_id, id, link))
            .await?;
        Ok(Reply::done(done.map(|link| ShareLink::new(&link, &base_url))))
    }
}
