//! Signing in and out.

use runledger_tests::{App, browser::Browser, tokens};
use serde_json::json;

/// Whether the browser holds a token.
async fn is_signed_in(browser: &Browser) -> bool {
    let cookies = browser.dev_tools("Network.getCookies", json!({})).await;
    let cookies = cookies["cookies"].as_array().cloned().unwrap_or_default();
    cookies.iter().any(|cookie| cookie["name"] == "runledger_token")
}

#[tokio::test]
async fn who_pastes_a_token_is_signed_in_where_they_wanted_to_go() {
    let app = App::start().await;
    let browser = app.browser().await;
    browser.open("/runs?statuses=FAILED").await;
    browser.wait_for_path("/login?next=%2Fruns%3Fstatuses%3DFAILED").await;
    browser.axe().await;
    browser.fill("#token", "no.such.token").await;
    browser.click("#login button").await;
    browser.wait_for("#fault").await;
    assert_eq!(browser.status().await, 422);
    assert!(browser.text("#fault").await.contains("This token does not hold"));
    assert!(!is_signed_in(&browser).await);
    browser.axe().await;
    browser.fill("#token", &tokens::token("ann", "user")).await;
    browser.click("#login button").await;
    browser.wait_for_path("/runs?statuses=FAILED").await;
    assert!(is_signed_in(&browser).await);
    assert_eq!(browser.texts(".viewer > span").await, ["user", "ann"]);
    // No script can read it.
    assert_eq!(browser.evaluate("return document.cookie").await, "");
    browser.click(".viewer button").await;
    browser.wait_for_path("/login").await;
    assert!(!is_signed_in(&browser).await);
    browser.open("/graphs").await;
    browser.wait_for_path("/login?next=%2Fgraphs").await;
    browser.close().await;
}

#[tokio::test]
async fn a_link_signs_in_and_its_token_is_nowhere_afterwards() {
    let app = App::start().await;
    let browser = app.browser().await;
    let token = tokens::token("ann", "user");
    browser.open("/api/docs").await;
    browser.open(&format!("/login?next=%2Fcredits#token={token}")).await;
    browser.wait_for_path("/credits").await;
    assert!(!browser.url().await.as_str().contains(&token));
    browser.back().await;
    let loaded = "return document.readyState === 'complete' && location.pathname !== '/credits'";
    browser.wait_until("the page before", loaded, &[]).await;
    assert!(!browser.url().await.as_str().contains(&token));
    assert!(!browser.source().await.contains(&token));
    browser.close().await;
}

#[tokio::test]
async fn a_link_with_a_token_that_does_not_hold_is_refused() {
    let app = App::start().await;
    let browser = app.browser().await;
    browser.open("/login#token=expired").await;
    browser.wait_for("#fault").await;
    assert!(!browser.url().await.as_str().contains("expired"));
    assert!(!is_signed_in(&browser).await);
    browser.close().await;
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let app = App::start().await;
    let browser = app.browser().await;
    let token = tokens::token("ann", "user");
    for next in [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/%5Celsewhere.example/",
    ] {
        browser.open(&format!("/login?next={next}#token={token}")).await;
        browser.wait_for_path("/").await;
        browser.open("about:blank").await;
    }
    browser.close().await;
}

#[tokio::test]
async fn an_expired_token_leads_to_the_login_and_back() {
    let app = App::start().await;
    let browser = app.browser().await;
    let mut claims = tokens::claims("ann", "user");
    claims["exp"] = (tokens::now() - 60).into();
    browser
        .sign_in(&tokens::hs256(tokens::SECRET.as_bytes(), &claims))
        .await;
    browser.open("/credits?type=USAGE").await;
    browser.wait_for_path("/login?next=%2Fcredits%3Ftype%3DUSAGE").await;
    browser.fill("#token", &tokens::token("ann", "user")).await;
    browser.click("#login button").await;
    browser.wait_for_path("/credits?type=USAGE").await;
    browser.close().await;
}
