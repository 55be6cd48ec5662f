//! What holds for every page, for whoever opens it.

use runledger_tests::{
    App,
    browser::{Browser, Kind, validate_html},
};

use super::ledger::{Ledger, empty_pages};

/// Opens pages, which are as axe and the validator of HTML want them.
async fn open_all(browser: &Browser, pages: &[String], is_judged: bool) {
    let mut sources = Vec::new();
    for page in pages {
        browser.open(page).await;
        let missing = page == "/shared/nothing";
        assert_eq!(browser.status().await, if missing { 404 } else { 200 }, "{page}");
        if is_judged {
            browser.axe().await;
        }
        sources.push(source(browser, missing).await);
    }
    let named: Vec<_> = pages
        .iter()
        .map(String::as_str)
        .zip(sources.iter().map(String::as_str))
        .collect();
    validate_html(&named);
}

/// The page's HTML. One that is a refusal is a refusal once more, which the browser minds only now.
async fn source(browser: &Browser, is_refusal: bool) -> String {
    let before = browser.findings().await;
    let source = browser.source().await;
    let mut after = if is_refusal {
        browser.findings().await
    } else {
        Vec::new()
    };
    after.retain(|finding| finding.kind != Kind::Status);
    assert_eq!((before, after), (vec![], vec![]));
    source
}

/// What the navigation offers.
async fn navigation(browser: &Browser) -> Vec<String> {
    browser.open("/").await;
    browser.texts("header nav a").await
}

#[tokio::test]
async fn every_page_opens_for_an_owner_of_runs() {
    let ledger = Ledger::start().await;
    let browser = ledger.app.browser_for("ann", "user").await;
    open_all(&browser, &ledger.pages("user"), true).await;
    assert_eq!(navigation(&browser).await, ["Overview", "Runs", "Graphs", "Credits"]);
    browser.close().await;
}

#[tokio::test]
async fn every_page_opens_for_an_operator() {
    let ledger = Ledger::start().await;
    let browser = ledger.app.browser_for("root", "admin").await;
    open_all(&browser, &ledger.pages("admin"), true).await;
    let all = [
        "Overview",
        "Runs",
        "Graphs",
        "Credits",
        "Scoring",
        "Alerts",
        "Diagnostics",
        "System",
    ];
    assert_eq!(navigation(&browser).await, all);
    // A service sees the same with less to press.
    browser
        .sign_in(&runledger_tests::tokens::token("executor", "service"))
        .await;
    open_all(&browser, &ledger.pages("service"), false).await;
    assert_eq!(navigation(&browser).await, all);
    browser.open("/scoring").await;
    assert_eq!(browser.count("#new").await, 0);
    browser.close().await;
}

#[tokio::test]
async fn an_empty_ledger_has_pages_too() {
    let app = App::start().await;
    let browser = app.browser_for("root", "admin").await;
    open_all(&browser, &empty_pages("admin"), true).await;
    browser.open("/runs").await;
    browser.wait_for("#first-run").await;
    browser.sign_in(&runledger_tests::tokens::token("ann", "user")).await;
    open_all(&browser, &empty_pages("user"), false).await;
    browser.close().await;
}

#[tokio::test]
async fn refusals_are_pages() {
    let ledger = Ledger::start().await;
    let browser = ledger.app.browser_for("ann", "user").await;
    let mut sources = Vec::new();
    for (path, status) in [
        ("/system", 403),
        ("/scoring/new", 403),
        ("/runs/no-such-run", 404),
        ("/no/such/page", 404),
        ("/runs?statuses=LOST", 422),
    ] {
        browser.open(path).await;
        assert_eq!(browser.status().await, status, "{path}");
        browser.axe().await;
        sources.push((path, source(&browser, true).await));
    }
    let sources: Vec<_> = sources.iter().map(|(path, source)| (*path, source.as_str())).collect();
    validate_html(&sources);
    browser.close().await;
}

#[tokio::test]
async fn what_belongs_to_another_tenant_is_missing() {
    let ledger = Ledger::start().await;
    let browser = ledger.app.browser_for("bob", "user").await;
    for page in ledger.pages("user").iter().filter(|page| page.matches('/').count() > 1) {
        if page.starts_with("/shared/") {
            continue;
        }
        browser.open(page).await;
        assert_eq!(browser.status().await, 404, "{page}");
        assert!(!browser.text("body").await.contains("weather"), "{page}");
    }
    browser.close().await;
}
