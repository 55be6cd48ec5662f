//! `GET /runs/new`: how many runs are newer than those of a list that is open, as a fragment of its page.

use askama::Template;
use http::Method;
use runledger_store::pages::runs;
use runledger_web::{AnyRole, Call, Cursor, Door, Endpoint, NoParams, Problem, Reply, page::Rendered};

use super::query::{AfterQuery, Asked, RunsQuery};
use crate::{DOOR, shell::render};

/// How many are told of.
const MOST: u32 = 99;

#[derive(Template)]
#[template(path = "runs/new.html")]
struct NewRuns {
    href: String,
    count: u64,
}

impl NewRuns {
    fn told(&self) -> String {
        let most = u64::from(MOST);
        match self.count {
            1 => "1 new run".to_owned(),
            count if count > most => format!("{most}+ new runs"),
            count => format!("{count} new runs"),
        }
    }
}

/// Tells how many runs are newer.
pub(crate) struct GetNewRuns;

impl Endpoint for GetNewRuns {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/runs/new";
    const SUMMARY: &'static str = "How many runs are newer than those of a list";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = NoParams;
    type Query = (RunsQuery, AfterQuery);
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let (query, AfterQuery { after: Cursor(after) }) = call.query;
        let asked = Asked::new(query, &call.who, call.config.shows_activity(&call.who))?;
        let newer = runs::newer(&asked.scope, &asked.filter, &after, MOST + 1);
        render(&NewRuns {
            href: asked.address().to_string(),
            count: call.ledger.read(newer).await?,
        })
    }
}
