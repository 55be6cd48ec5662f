//! `GET /`: is everything all right?

use askama::Template;
use http::Method;
use runledger_web::{AnyRole, Call, Door, Endpoint, NoParams, Problem, Reply, page::Rendered};

use crate::{
    DOOR,
    shell::{Section, Shell, render},
};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    shell: Shell,
}

/// Shows how everything is.
pub(crate) struct GetHome;

impl Endpoint for GetHome {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/";
    const SUMMARY: &'static str = "Is everything all right? What changed since yesterday?";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        render(&HomePage {
            shell: Shell::new("Overview", Section::Overview, &call.who),
        })
    }
}
