//! `GET /runs/{id}/deleted`: where a deletion leads to, so that it can be undone.

use askama::Template;
use http::Method;
use runledger_store::{Error, pages};
use runledger_web::{
    AnyRole, Call, Door, Endpoint, Problem, Reply,
    page::{Rendered, Text},
    params,
};

use super::{RelativeView, RunPath, came_from::CameFrom};
use crate::{
    DOOR,
    address::Address,
    parts::When,
    shell::{Section, Shell, render},
};

params! {
    /// Where the reader came from.
    pub(crate) struct DeletedQuery {
        /// The query of the list.
        list: Text,
    }
}

#[derive(Template)]
#[template(path = "run/deleted.html")]
struct DeletedPage {
    shell: Shell,
    run: RelativeView,
    came_from: CameFrom,
}

/// Tells that a run was deleted.
pub(crate) struct GetDeleted;

impl Endpoint for GetDeleted {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/runs/{id}/deleted";
    const SUMMARY: &'static str = "A run that was deleted, and how to bring it back";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = RunPath;
    type Query = DeletedQuery;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let Text(list) = call.query.list;
        let came_from = CameFrom::new(list);
        let id = &call.path.id;
        match call.ledger.read(pages::run::deleted_run(&call.who.scope(), id)).await {
            // It may have been restored since: its own page knows.
            Err(Error::Missing) => Ok(Rendered::see_other(
                &came_from.carried_by(&Address::run(id.as_str()).to_string(), &[]),
            )),
            found => render(&DeletedPage {
                shell: Shell::new("Deleted run", Section::Runs, &call.who),
                run: found?.into(),
                came_from,
            }),
        }
    }
}
