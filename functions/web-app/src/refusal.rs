//! The page that tells of a problem.

use askama::Template;
use form_urlencoded::Serializer;
use http::StatusCode;
use runledger_web::{ProblemDocument, Reply, page::Rendered};

use crate::shell::Shell;

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    shell: Shell,
    status: u16,
    title: &'static str,
    advice: &'static str,
    problem: &'a ProblemDocument,
}

/// Tells of a problem. Who is not signed in is led to where that is done, and from there back.
pub(crate) fn tell(problem: &ProblemDocument, asked: &str) -> Reply<Rendered> {
    let status = problem.status();
    if status == StatusCode::UNAUTHORIZED {
        return Rendered::see_other(&login_for(asked));
    }
    let page = RefusalPage {
        shell: Shell::public(problem.title()),
        status: status.as_u16(),
        title: problem.title(),
        advice: advice(status),
        problem,
    };
    // Texts and numbers: it cannot fail to be rendered.
    Rendered::html_with(status, page.render().unwrap_or_default())
}

/// What whoever reads it can do.
const fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "Sign in with a token of another role, or ask whoever runs this ledger.",
        404 => "It may have been deleted, it may belong to somebody else, or the address has a mistake in it.",
        405 => "This address takes what a page's button sends, and cannot be opened by itself.",
        422 => "Something in the address or in what was sent does not fit. The list says what.",
        503 => "The ledger cannot reach its database right now. Nothing was lost; try again in a moment.",
        _ => "If it goes on, tell whoever runs this ledger the request's id.",
    }
}

/// Where to sign in so as to come back to what was asked for.
fn login_for(asked: &str) -> String {
    if asked.is_empty() || asked == "/" {
        return "/login".to_owned();
    }
    let query = Serializer::new(String::new()).append_pair("next", asked).finish();
    format!("/login?{query}")
}
