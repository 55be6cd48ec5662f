//! `GET /api/docs`, `/api/docs/{group}`, `/problems` and `/problems/{kind}`: the API's reference, and what each kind of
//! problem means. The build script has made the pages.

use askama::Template;
use http::Method;
use runledger_models::Id;
use runledger_web::{Call, Door, Endpoint, NoParams, Problem, Public, Reply, page::Asked, page::Rendered, params};

use crate::{
    DOOR,
    shell::{Shell, render},
};

/// A page without what surrounds it.
struct Page {
    path: &'static str,
    title: &'static str,
    html: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/reference.rs"));

#[derive(Template)]
#[template(path = "reference.html")]
struct ReferencePage {
    shell: Shell,
    html: String,
}

fn show(path: &str, asked: &Asked) -> Result<Reply<Rendered>, Problem> {
    let page = PAGES.iter().find(|page| page.path == path);
    let page = page.ok_or_else(|| Problem::not_found("the reference has no such page"))?;
    render(&ReferencePage {
        shell: Shell::public(page.title),
        // The scheme and the host are of letters that mean nothing to HTML or to a shell.
        html: page.html.replace(BASE, &asked.base()),
    })
}

params! {
    /// Which page.
    pub(crate) struct PageName {
        /// The group of operations, or the kind of problem.
        name: Id,
    }
}

macro_rules! pages {
    ($($(#[$documentation:meta])* $name:ident($path:literal, $params:ty): $summary:literal, $shown:expr;)*) => {$(
        $(#[$documentation])*
        pub(crate) struct $name;

        impl Endpoint for $name {
            const METHOD: Method = Method::GET;
            const PATH: &'static str = $path;
            const CONDITIONAL: bool = true;
            const SUMMARY: &'static str = $summary;
            const DOOR: Door = DOOR;
            type Access = Public;
            type Path = $params;
            type Query = NoParams;
            type Body = Asked;
            type Reply = Rendered;

            async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
                let shown: fn(&$params) -> String = $shown;
                show(&shown(&call.path), &call.body)
            }
        }
    )*};
}

pages! {
    /// Introduces the API.
    GetReference("/api/docs", NoParams): "The API's reference", |_| "/api/docs".to_owned();
    /// Shows operations that belong together.
    GetReferenceGroup("/api/docs/{name}", PageName): "A part of the API's reference",
        |path| format!("/api/docs/{}", path.name.as_str());
    /// Lists the kinds of problems.
    GetProblems("/problems", NoParams): "What can go wrong", |_| "/problems".to_owned();
    /// Explains a kind of problem.
    GetProblem("/problems/{name}", PageName): "What a kind of problem means",
        |path| format!("/problems/{}", path.name.as_str());
}
