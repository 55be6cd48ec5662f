//! The route table of the pages: who may open each, what another tenant finds there, and what no page lets a browser do. The
//! lines are compared with those of the function, so that none goes without.

use std::collections::BTreeMap;

use runledger_tests::{App, Client, tokens};
use runledger_web_app::ROUTES;

use crate::operations::{Access, world};

/// What somebody finds who opens a page about another user's things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stranger {
    /// The page that says that there is nothing.
    Missing,
    /// A page without them.
    Without,
    /// The way to the page of the thing itself, which is missing.
    LedThere,
    /// The page is about nobody's things.
    NothingToSee,
    /// A stream, which tells of one's own runs.
    Stream,
}

struct Page {
    method: &'static str,
    path: &'static str,
    access: Access,
    stranger: Stranger,
}

const fn page(path: &'static str, access: Access, stranger: Stranger) -> Page {
    Page {
        method: "GET",
        path,
        access,
        stranger,
    }
}

const fn action(path: &'static str, access: Access) -> Page {
    Page {
        method: "POST",
        path,
        access,
        stranger: Stranger::Missing,
    }
}

const PAGES: &[Page] = &[
    page("/", Access::Any, Stranger::Without),
    page("/runs", Access::Any, Stranger::Without),
    page("/runs/new", Access::Any, Stranger::Without),
    page("/runs/{id}", Access::Any, Stranger::Missing),
    page("/runs/{id}/data", Access::Any, Stranger::Missing),
    page("/runs/{id}/deleted", Access::Any, Stranger::LedThere),
    page("/runs/{id}/nodes", Access::Any, Stranger::Missing),
    page("/runs/{id}/nodes/{node_exec_id}", Access::Any, Stranger::Missing),
    action("/runs/{id}/stop", Access::Any),
    action("/runs/{id}/delete", Access::Any),
    action("/runs/{id}/restore", Access::Any),
    action("/runs/{id}/share", Access::Any),
    action("/runs/{id}/unshare", Access::Any),
    page("/graphs", Access::Any, Stranger::Without),
    page("/graphs/{id}", Access::Any, Stranger::Missing),
    page("/credits", Access::Any, Stranger::Without),
    page("/scoring", Access::Trusted, Stranger::NothingToSee),
    action("/scoring", Access::Admin),
    page("/scoring/new", Access::Admin, Stranger::NothingToSee),
    page("/scoring/{job}", Access::Trusted, Stranger::NothingToSee),
    action("/scoring/{job}/cancel", Access::Admin),
    page("/alerts", Access::Trusted, Stranger::NothingToSee),
    page("/diagnostics", Access::Trusted, Stranger::NothingToSee),
    action("/diagnostics/{id}/stop", Access::Admin),
    page("/system", Access::Trusted, Stranger::NothingToSee),
    page("/shared/{token}", Access::Public, Stranger::NothingToSee),
    page("/api/docs", Access::Public, Stranger::NothingToSee),
    page("/api/docs/{name}", Access::Public, Stranger::NothingToSee),
    page("/problems", Access::Public, Stranger::NothingToSee),
    page("/problems/{name}", Access::Public, Stranger::NothingToSee),
    page("/login", Access::Public, Stranger::NothingToSee),
    page("/live", Access::Any, Stranger::Stream),
    page("/assets/{name}", Access::Public, Stranger::NothingToSee),
    page("/favicon.ico", Access::Public, Stranger::NothingToSee),
    page("/styleguide", Access::Public, Stranger::NothingToSee),
    action("/login", Access::Public),
    action("/logout", Access::Public),
];

/// A place in the list of runs that is older than all of them.
const BEGINNING: &str = "MTowOmE";

impl Page {
    fn shape(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Its address for a run of a graph.
    fn address(&self, graph: &str, id: &str) -> String {
        if self.path == "/runs/new" {
            return format!("{}?after={BEGINNING}", self.path);
        }
        self.path
            .replace("/graphs/{id}", &format!("/graphs/{graph}"))
            .replace("{id}", id)
            .replace("{job}", id)
            .replace("{node_exec_id}", &crate::operations::node_of(id))
            .replace("{token}", "no-such-token")
            .replace(['{', '}'], "")
    }

    /// What its form sends.
    fn form<'a>(&self, graph: &'a str) -> Vec<(&'static str, &'a str)> {
        match self.path {
            "/runs/{id}/share" => vec![("graph_id", graph), ("expires", "never")],
            "/runs/{id}/unshare" => vec![("graph_id", graph)],
            _ => Vec::new(),
        }
    }
}

/// What whoever has no token gets: who may not see a page at all is led to the login.
#[tokio::test]
async fn every_page_is_in_the_table_and_opens_only_for_its_roles() {
    let mut served: BTreeMap<String, &[runledger_models::Role]> = BTreeMap::new();
    for route in ROUTES {
        served.insert(format!("{} {}", route.method, route.path), route.roles);
    }
    let (app, graph, execution, _) = world().await;
    let before = app.db.snapshot().await;
    for page in PAGES {
        let roles = served.remove(&page.shape());
        let roles = roles.unwrap_or_else(|| panic!("{} is not served", page.shape()));
        let mut roles: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
        let mut expected = page.access.roles().to_vec();
        roles.sort_unstable();
        expected.sort_unstable();
        assert_eq!(roles, expected, "{}", page.shape());
        if page.access == Access::Public {
            continue;
        }
        let address = page.address(&graph.id, &execution);
        let ask = |caller: &Client| {
            let method = page.method.parse().unwrap();
            caller.request(method, &address).form(&[])
        };
        let mut expired = tokens::claims("ann", "user");
        expired["exp"] = (tokens::now() - 60).into();
        let expired = tokens::hs256(tokens::SECRET.as_bytes(), &expired);
        for caller in [
            app.anonymous.clone(),
            app.anonymous.signed_in(&expired),
            app.anonymous.signed_in("garbage"),
            // A bearer's token opens no page.
            app.admin.clone(),
        ] {
            let reply = ask(&caller).expect(303).await;
            let location = reply.header("location").unwrap();
            assert!(location.starts_with("/login"), "{}: {location}", page.shape());
        }
        for role in ["user", "admin", "service"] {
            if !page.access.roles().contains(&role) {
                ask(&app.reader("ann", role)).expect(403).await;
            }
        }
        if page.method == "POST" {
            let sent = app.reader("ann", page.access.roles()[0]).post(&address);
            let by_another_site = [("sec-fetch-site", "cross-site"), ("origin", "http://elsewhere.example")];
            for (name, value) in by_another_site {
                sent.clone().header(name, value).expect(403).await;
            }
            sent.expect(403).await;
        }
    }
    assert!(served.is_empty(), "the table lacks {:?}", served.keys());
    app.db.expect_unchanged(&before, "a request that was refused").await;
}

#[tokio::test]
async fn another_tenant_finds_nothing_on_any_page() {
    let (app, graph, execution, deleted) = world().await;
    let before = app.db.snapshot().await;
    for page in PAGES.iter().filter(|page| page.access == Access::Any) {
        for id in [&execution, &deleted] {
            let address = page.address(&graph.id, id);
            let request = app
                .reader("bob", "user")
                .request(page.method.parse().unwrap(), &address);
            match page.stranger {
                Stranger::Missing => drop(request.form(&page.form(&graph.id)).expect(404).await),
                Stranger::LedThere => {
                    let reply = request.expect(303).await;
                    assert_eq!(reply.header("location"), Some(format!("/runs/{id}").as_str()));
                }
                Stranger::Without => {
                    let reply = request.expect(200).await;
                    let text = String::from_utf8_lossy(&reply.body).into_owned();
                    for secret in [id.as_str(), "weather", "ann"] {
                        let shown = text.split(|c: char| !(c.is_alphanumeric() || c == '-'));
                        assert!(
                            !shown.into_iter().any(|word| word == secret),
                            "{address} shows {secret}\n{reply}"
                        );
                    }
                }
                Stranger::Stream | Stranger::NothingToSee => {}
            }
        }
    }
    app.db.expect_unchanged(&before, "a request of another tenant").await;
}

#[tokio::test]
async fn a_cookie_is_no_token_for_the_api() {
    let app = App::start().await;
    let browser = app.reader("ann", "admin");
    for path in ["/api/executions", "/api/summary", "/api/credits", "/api/events"] {
        browser.get(path).expect(401).await;
    }
}

#[tokio::test]
async fn who_signs_in_gets_a_cookie_that_ends_with_the_token() {
    let app = App::start().await;
    let token = tokens::token("ann", "user");
    let fields = [("token", token.as_str()), ("next", "/credits?type=USAGE")];
    let sign_in = app.anonymous.post("/login").form(&fields);
    let reply = sign_in.clone().expect(303).await;
    assert_eq!(reply.header("location"), Some("/credits?type=USAGE"));
    let cookie = reply.header("set-cookie").unwrap();
    for part in [
        "runledger_token=",
        "; HttpOnly",
        "; SameSite=Lax",
        "; Path=/",
        "; Max-Age=",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    let reply = sign_in.header("x-forwarded-proto", "https").expect(303).await;
    assert!(reply.header("set-cookie").unwrap().contains("; Secure"));
    for (token, next) in [("garbage", "/"), ("", "/"), (token.as_str(), "//elsewhere.example/")] {
        let reply = app
            .anonymous
            .post("/login")
            .form(&[("token", token), ("next", next)])
            .send()
            .await
            .unwrap();
        if reply.status == 303 {
            assert_eq!(reply.header("location"), Some("/"), "nobody is led to another site");
        } else {
            assert_eq!((reply.status, reply.header("set-cookie")), (422, None));
        }
    }
    let reply = app.reader("ann", "user").post("/logout").form(&[]).expect(303).await;
    assert!(reply.header("set-cookie").unwrap().contains("Max-Age=0"));
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_a_path_that_leads_nowhere_has_a_page() {
    let app = App::start().await;
    let login = app.anonymous.get("/login").expect(200).await;
    let login = String::from_utf8_lossy(&login.body).into_owned();
    let mut sizes = Vec::new();
    for (before, content_type) in [
        ("href=\"", "text/css; charset=utf-8"),
        ("src=\"", "text/javascript; charset=utf-8"),
    ] {
        let path = login
            .split(&format!("{before}/assets/"))
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let asset = app.anonymous.get(&format!("/assets/{path}")).expect(200).await;
        assert_eq!(asset.header("content-type"), Some(content_type));
        assert!(asset.header("cache-control").unwrap().contains("immutable"));
        sizes.push(asset.body.len());
    }
    assert!(
        sizes[0] < 30_000 && sizes[1] < 20_000,
        "CSS and JS have {sizes:?} bytes"
    );
    app.anonymous.get("/assets/app-old.css").expect(404).await;
    let nowhere = app.anonymous.get("/no/such/page").expect(404).await;
    assert_eq!(nowhere.header("content-type"), Some("text/html; charset=utf-8"));
    let nowhere = app.anonymous.get("/api/no/such/path").expect(404).await;
    assert_eq!(nowhere.header("content-type"), Some("application/problem+json"));
}
