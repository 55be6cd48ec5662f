//! Sharing a run's result: who made the run makes the link, sees it and revokes it, and nobody else.

use http::Method;
use runledger_models::{Caller, Id, Scope, ShareToken, Timestamp, execution::ExecutionBase};
use runledger_store::shares::{self, Link};
use runledger_web::{
    AnyRole, Call, Door, Endpoint, Names, NoParams, One, Problem, Reply,
    page::{FormBody, Rendered, Text},
    params,
};

use super::{RunPath, actions::Outcome, came_from::CameFrom};
use crate::DOOR;

/// How long a link leads somewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Period {
    Forever,
    Days(u32),
}

impl Names for Period {
    fn named(name: &str) -> Option<Self> {
        match name {
            "never" => Some(Self::Forever),
            "1d" => Some(Self::Days(1)),
            "7d" => Some(Self::Days(7)),
            "30d" => Some(Self::Days(30)),
            _ => None,
        }
    }

    fn names() -> Vec<&'static str> {
        vec!["never", "1d", "7d", "30d"]
    }
}

impl Period {
    fn end(self) -> Option<Timestamp> {
        match self {
            Self::Forever => None,
            Self::Days(days) => Some((0..days).fold(Timestamp::now(), |time, _| time.next_day())),
        }
    }
}

params! {
    /// What the form sends.
    pub(crate) struct ShareForm {
        /// The graph of the run.
        graph_id: Id,
        /// When the link ends.
        expires: One<Period>,
        /// The query of the list that the reader came from.
        list: Text,
    }
}

params! {
    /// What the form sends.
    pub(crate) struct UnshareForm {
        /// The graph of the run.
        graph_id: Id,
        /// The query of the list that the reader came from.
        list: Text,
    }
}

/// The link of a run, as its owner sees it.
pub(super) struct SharedLink {
    /// Where it leads.
    pub(super) address: String,
    /// Since when.
    pub(super) since: Option<Timestamp>,
    /// When it ends.
    pub(super) expires_at: Option<Timestamp>,
    /// Whether it has ended.
    pub(super) is_over: bool,
}

impl SharedLink {
    pub(super) fn new(
        run: &ExecutionBase,
        since: Option<Timestamp>,
        expires_at: Option<Timestamp>,
        base_url: &str,
    ) -> Option<Self> {
        let token = run.share_token.as_deref().filter(|_| run.is_shared)?;
        Some(Self {
            address: format!("{base_url}{token}"),
            since,
            expires_at,
            is_over: expires_at.is_some_and(|end| end <= Timestamp::now()),
        })
    }
}

/// The caller's own runs alone, whatever else its role reaches.
fn own(caller: &Caller) -> Scope {
    Scope::User(caller.subject().clone())
}

/// Shares a run.
pub(crate) struct PostShare;

impl Endpoint for PostShare {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/runs/{id}/share";
    const SUMMARY: &'static str = "Share a run's result by a new link";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = RunPath;
    type Query = NoParams;
    type Body = FormBody<ShareForm>;
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let ShareForm {
            graph_id,
            expires: One(period),
            list: Text(list),
        } = call.body.fields;
        let id = &call.path.id;
        let link = Link {
            token: ShareToken::generate(),
            expires_at: period.end(),
        };
        call.ledger
            .write(shares::create(&own(&call.who), &graph_id, id, link))
            .await?;
        Ok(Outcome::Shared.told_at(id.as_str(), &CameFrom::new(list)))
    }
}

/// Ends a run's link.
pub(crate) struct PostUnshare;

impl Endpoint for PostUnshare {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/runs/{id}/unshare";
    const SUMMARY: &'static str = "Revoke the link of a run's result";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = RunPath;
    type Query = NoParams;
    type Body = FormBody<UnshareForm>;
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let UnshareForm {
            graph_id,
            list: Text(list),
        } = call.body.fields;
        let id = &call.path.id;
        call.ledger
            .write(shares::revoke(&own(&call.who), &graph_id, id))
            .await?;
        Ok(Outcome::Unshared.told_at(id.as_str(), &CameFrom::new(list)))
    }
}
