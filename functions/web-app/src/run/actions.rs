//! What is done to a run from its page. Each answer leads to a page that tells what came of it.

use http::Method;
use runledger_store::{
    Error,
    executions::{self, Deletion},
};
use runledger_web::{
    AnyRole, Call, Door, Endpoint, Names, NoParams, Problem, Reply,
    page::{FormBody, Rendered, Text},
    params,
};

use super::{RunPath, came_from::CameFrom};
use crate::{DOOR, address::Address};

params! {
    /// What every form of the page sends.
    pub(crate) struct BackForm {
        /// The query of the list that the reader came from.
        list: Text,
    }
}

/// What came of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Stopped,
    NotStopped,
    Restored,
    Shared,
    Unshared,
}

impl Outcome {
    const ALL: [Self; 5] = [
        Self::Stopped,
        Self::NotStopped,
        Self::Restored,
        Self::Shared,
        Self::Unshared,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::NotStopped => "not-stopped",
            Self::Restored => "restored",
            Self::Shared => "shared",
            Self::Unshared => "unshared",
        }
    }

    /// What it says.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Stopped => "The run was stopped, with its unfinished nodes and the runs that it started.",
            Self::NotStopped => "Nothing was stopped: the run had ended before.",
            Self::Restored => "The run was restored.",
            Self::Shared => "The result is shared: whoever has the link can read it.",
            Self::Unshared => "The link was revoked: it leads nowhere any more.",
        }
    }

    /// The page of the run that tells it.
    pub(super) fn told_at(self, id: &str, came_from: &CameFrom) -> Reply<Rendered> {
        Rendered::see_other(&came_from.carried_by(&Address::run(id).to_string(), &[("outcome", self.name())]))
    }
}

impl Names for Outcome {
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::name).collect()
    }
}

/// The list that a form carries along.
fn came_from(body: FormBody<BackForm>) -> CameFrom {
    let Text(list) = body.fields.list;
    CameFrom::new(list)
}

/// Stops a run.
pub(crate) struct PostStop;

impl Endpoint for PostStop {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/runs/{id}/stop";
    const SUMMARY: &'static str = "Stop a run, its nodes, and what it started";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = RunPath;
    type Query = NoParams;
    type Body = FormBody<BackForm>;
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let id = &call.path.id;
        let outcome = match call.ledger.write(executions::stop(&call.who.scope(), id)).await {
            Err(Error::IllegalMove { .. }) => Outcome::NotStopped,
            stopped => {
                stopped?;
                Outcome::Stopped
            }
        };
        Ok(outcome.told_at(id.as_str(), &came_from(call.body)))
    }
}

/// Deletes a run, until it is restored.
pub(crate) struct PostDelete;

impl Endpoint for PostDelete {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/runs/{id}/delete";
    const SUMMARY: &'static str = "Delete a run, until it is restored";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = RunPath;
    type Query = NoParams;
    type Body = FormBody<BackForm>;
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let id = &call.path.id;
        call.ledger
            .write(executions::delete(&call.who.scope(), id, Deletion::Soft))
            .await?;
        let path = format!("{}/deleted", Address::run(id.as_str()));
        Ok(Rendered::see_other(&came_from(call.body).carried_by(&path, &[])))
    }
}

/// Restores a run that was deleted.
pub(crate) struct PostRestore;

impl Endpoint for PostRestore {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/runs/{id}/restore";
    const SUMMARY: &'static str = "Bring a deleted run back";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = RunPath;
    type Query = NoParams;
    type Body = FormBody<BackForm>;
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let id = &call.path.id;
        call.ledger.write(executions::restore(&call.who.scope(), id)).await?;
        Ok(Outcome::Restored.told_at(id.as_str(), &came_from(call.body)))
    }
}
