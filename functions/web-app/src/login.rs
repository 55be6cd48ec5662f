//! `GET` and `POST /login`, `POST /logout`: a browser is signed in while it has a cookie with a token that holds.

use askama::Template;
use http::{Method, StatusCode};
use runledger_models::Timestamp;
use runledger_web::{
    Call, Door, Endpoint, NoParams, Problem, Public, Reply,
    page::{self, FormBody, Rendered, Text},
    params, setting,
};

use crate::{
    DOOR,
    shell::{Shell, render},
};

params! {
    /// Where to go once signed in.
    pub(crate) struct LoginQuery {
        /// A path of this application, with its query.
        next: Text,
    }
}

params! {
    /// What the form sends.
    pub(crate) struct LoginForm {
        /// The token.
        token: Text,
        /// Where to go then.
        next: Text,
    }
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    shell: Shell,
    next: String,
    fault: Option<&'static str>,
}

impl LoginPage {
    fn new(next: String, fault: Option<&'static str>) -> Self {
        Self {
            shell: Shell::public("Sign in"),
            next,
            fault,
        }
    }
}

/// Asks for a token.
pub(crate) struct GetLogin;

impl Endpoint for GetLogin {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/login";
    const SUMMARY: &'static str = "Sign in";
    const DOOR: Door = DOOR;
    type Access = Public;
    type Path = NoParams;
    type Query = LoginQuery;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let Text(next) = call.query.next;
        render(&LoginPage::new(next, None))
    }
}

/// Signs a browser in.
pub(crate) struct PostLogin;

impl Endpoint for PostLogin {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/login";
    const SUMMARY: &'static str = "Sign in with a token";
    const DOOR: Door = DOOR;
    type Access = Public;
    type Path = NoParams;
    type Query = NoParams;
    type Body = FormBody<LoginForm>;
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let FormBody {
            fields: LoginForm {
                token: Text(token),
                next: Text(next),
            },
            is_secure,
        } = call.body;
        let token = token.trim();
        let claims = call.config.keys.verify_token(token).ok();
        let Some(claims) = claims.filter(runledger_web::Claims::are_usable) else {
            let fault = if token.is_empty() {
                "Paste a token first."
            } else {
                "This token does not hold: it is malformed, expired, not yet valid, or not signed for this ledger."
            };
            let page = LoginPage::new(next, Some(fault));
            let html = page.render().map_err(|error| Problem::internal(error.to_string()))?;
            return Ok(Rendered::html_with(StatusCode::UNPROCESSABLE_ENTITY, html));
        };
        let seconds = claims.expires_at() - Timestamp::now().millis() as f64 / 1000.0;
        let is_secure = is_secure || setting("web_secure_cookie").await.map_err(Problem::not_configured)? == "true";
        let (name, cookie) = page::sign_in(token, seconds.max(0.0) as u64, is_secure)?;
        Ok(Rendered::see_other(within(&next)).with(name, cookie))
    }
}

/// The path to go to, if it leads nowhere else: browsers read `//host` and `/\host` as another site's address.
fn within(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    if is_path && next.bytes().all(|byte| byte.is_ascii_graphic()) {
        next
    } else {
        "/"
    }
}

/// Signs a browser out.
pub(crate) struct PostLogout;

impl Endpoint for PostLogout {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/logout";
    const SUMMARY: &'static str = "Sign out";
    const DOOR: Door = DOOR;
    type Access = Public;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(_: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let (name, cookie) = page::sign_out();
        Ok(Rendered::see_other("/login").with(name, cookie))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        for (next, expected) in [
            ("/runs?statuses=FAILED", "/runs?statuses=FAILED"),
            ("", "/"),
            ("//elsewhere", "/"),
            ("/\\elsewhere", "/"),
            ("https://elsewhere/", "/"),
            ("/runs\r\nSet-Cookie: a=b", "/"),
        ] {
            assert_eq!(within(next), expected, "{next:?}");
        }
    }
}
