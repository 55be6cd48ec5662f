//! The reference of the API, and what problems mean.

use runledger_tests::{App, browser::validate_html};
use serde_json::json;

#[tokio::test]
async fn the_reference_is_about_this_very_server() {
    let app = App::start().await;
    let browser = app.browser().await;
    browser.open("/api/docs").await;
    assert_eq!(browser.status().await, 200);
    browser.axe().await;
    assert!(browser.count("table.operations a").await > 50);
    let base = app.host.base_url();
    assert!(browser.text("pre.curl + p + pre.curl").await.contains(base));
    browser.click("table.operations a[href*='put-api-graphs']").await;
    browser.wait_for("section.operation").await;
    for command in browser.texts("pre.curl").await {
        assert!(command.contains(base), "{command}");
    }
    let shown = "return document.querySelector(location.hash)?.getBoundingClientRect().top < innerHeight";
    browser.wait_until("the operation", shown, &[]).await;
    browser.close().await;
}

#[tokio::test]
async fn a_problem_leads_to_the_page_that_explains_it() {
    let app = App::start().await;
    let problem = app.user("ann").get("/api/executions/none").expect(404).await;
    let kind = problem.text("type");
    let browser = app.browser().await;
    browser.open(&kind).await;
    assert_eq!(browser.status().await, 200);
    browser.axe().await;
    assert_eq!(browser.text("h1").await, problem.text("title"));
    validate_html(&[(&kind, &browser.source().await)]);
    browser.open("/problems").await;
    let links = "return [...document.querySelectorAll('main a[href^=\"/problems/\"]')].map(link => link.pathname)";
    let links = browser.evaluate(links).await;
    assert!(links.as_array().unwrap().contains(&json!(kind)), "{links}");
    for link in links.as_array().unwrap() {
        app.anonymous.get(link.as_str().unwrap()).expect(200).await;
    }
    browser.close().await;
}
