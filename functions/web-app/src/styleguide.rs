//! `GET /styleguide`: the parts that pages are made of, together. Only where the variable `web_styleguide` is `true`: in
//! development, and in the tests that photograph it.

use askama::Template;
use http::Method;
use runledger_models::{ExecutionStatus, Timestamp};
use runledger_web::{Call, Door, Endpoint, NoParams, Problem, Public, Reply, page::Rendered, setting};

use crate::{
    DOOR,
    format::{Count, Dollars, Percentage, Seconds, Short},
    parts::{Empty, StatusChip, When},
    shell::{Shell, render},
};

#[derive(Template)]
#[template(path = "styleguide.html")]
struct StyleguidePage {
    shell: Shell,
    statuses: Vec<StatusChip<'static>>,
    now: Timestamp,
}

/// Shows the parts that pages are made of.
pub(crate) struct GetStyleguide;

impl Endpoint for GetStyleguide {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/styleguide";
    const SUMMARY: &'static str = "What pages are made of";
    const DOOR: Door = DOOR;
    type Access = Public;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(_: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        if setting("web_styleguide").await.map_err(Problem::not_configured)? != "true" {
            return Err(Problem::not_found("there is nothing at this path"));
        }
        let known = ExecutionStatus::ALL.map(|status| StatusChip(status.as_str()));
        render(&StyleguidePage {
            shell: Shell::public("Styleguide"),
            statuses: known.into_iter().chain([StatusChip("PAUSED")]).collect(),
            now: Timestamp::now(),
        })
    }
}
