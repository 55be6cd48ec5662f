//! The list of runs: its state is in its address, and keys move through it.

use runledger_tests::{App, browser::Browser};
use serde_json::json;

use super::ledger::Ledger;

/// The statuses of the rows.
async fn statuses(browser: &Browser) -> Vec<String> {
    browser.texts("#runs tbody .status").await
}

#[tokio::test]
async fn what_is_chosen_is_in_the_address() {
    let ledger = Ledger::start().await;
    let browser = ledger.app.browser_for("ann", "user").await;
    browser.open("/runs").await;
    let all = statuses(&browser).await;
    browser.click("details.pick summary").await;
    browser.click("input[name=statuses][value=FAILED]").await;
    browser.click("input[name=statuses][value=TERMINATED]").await;
    browser.press("Enter").await;
    browser.wait_for("#narrowings").await;
    let path = browser.path().await;
    assert!(path.contains("FAILED") && path.contains("TERMINATED"), "{path}");
    let mut chosen = statuses(&browser).await;
    chosen.sort();
    assert_eq!(chosen, ["Failed", "Stopped"]);
    browser.reload().await;
    assert_eq!(statuses(&browser).await.len(), 2);
    // A value of a row narrows further, and a chip takes it away.
    browser.click("#runs a.cell[href*='statuses=FAILED']").await;
    browser
        .wait_until(
            "one row",
            "return document.querySelectorAll('#runs tbody tr').length === 1",
            &[],
        )
        .await;
    browser.back().await;
    browser.wait_for_path(&path).await;
    assert_eq!(statuses(&browser).await.len(), 2);
    browser.click("#narrowings li:last-child a").await;
    let rows = "return document.querySelectorAll('#runs tbody tr').length === arguments[0]";
    browser.wait_until("all rows", rows, &[json!(all.len())]).await;
    assert_eq!(statuses(&browser).await, all);
    browser.click("#presets li:first-child a").await;
    // The columns that were sent with the form stay, so the address is told them.
    let told = "return document.readyState === 'complete' && location.search.includes('columns')
        && document.querySelector('#presets [aria-current]') !== null";
    browser.wait_until("the preset", told, &[]).await;
    let preset = browser.path().await;
    browser.reload().await;
    assert_eq!(browser.path().await, preset);
    browser.wait_for("#presets [aria-current]").await;
    browser.close().await;
}

#[tokio::test]
async fn a_long_list_goes_on_and_comes_back() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let many = r#"INSERT INTO "AgentGraphExecution" (id, "createdAt", "updatedAt", "agentGraphId", "agentGraphVersion",
            "userId", "executionStatus")
        SELECT 'run-' || lpad(n::text, 4, '0'), now() - n * interval '1 minute', now(), $1, 1, 'ann', 'COMPLETED'
        FROM generate_series(1, 120) AS n"#;
    app.db.execute(many, &[&graph.id]).await;
    let browser = app.browser_for("ann", "user").await;
    let mut seen = Vec::new();
    browser.open("/runs").await;
    loop {
        let ids = "return [...document.querySelectorAll('#runs tbody tr')].map(row => row.id)";
        let ids = browser.evaluate(ids).await;
        seen.extend(ids.as_array().unwrap().iter().map(ToString::to_string));
        if browser.count("#older").await == 0 {
            break;
        }
        let path = browser.path().await;
        browser.click("#older").await;
        let elsewhere =
            "return document.readyState === 'complete' && location.pathname + location.search !== arguments[0]";
        browser.wait_until("the older ones", elsewhere, &[json!(path)]).await;
    }
    let mut distinct = seen.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((seen.len(), distinct.len()), (120, 120));
    assert_eq!(seen, distinct, "newest first");
    browser.click("#newest").await;
    browser.wait_for_path("/runs").await;
    browser.close().await;
}

#[tokio::test]
async fn keys_alone_are_enough() {
    let ledger = Ledger::start().await;
    let browser = ledger.app.browser_for("ann", "user").await;
    browser.open("/runs").await;
    browser.press("j").await;
    browser.press("j").await;
    assert!(browser.has_focus("#runs tbody tr:nth-child(2) a.row").await);
    browser.press("k").await;
    assert!(browser.has_focus("#runs tbody tr:nth-child(1) a.row").await);
    browser.press("/").await;
    assert!(browser.has_focus(".filters input").await);
    // Letters are text there.
    browser.press("j").await;
    assert!(browser.has_focus(".filters input").await);
    browser.open("/runs").await;
    browser.press("?").await;
    browser.wait_for("#keys[open]").await;
    browser.axe().await;
    browser.press("Escape").await;
    browser.wait_until_gone("#keys[open]").await;
    // The first stop is the way past the navigation.
    browser.press("Tab").await;
    assert!(browser.has_focus("a.skip").await);
    browser.press("Enter").await;
    browser.press("j").await;
    let target = browser.evaluate("return document.activeElement.pathname").await;
    browser.press("Enter").await;
    let there = "return document.readyState === 'complete' && location.pathname === arguments[0]";
    browser.wait_until("the run", there, &[target]).await;
    browser.wait_for("#run-head").await;
    browser.close().await;
}

#[tokio::test]
async fn the_columns_that_were_chosen_stay() {
    let ledger = Ledger::start().await;
    let browser = ledger.app.browser_for("ann", "user").await;
    browser.open("/runs?columns=error").await;
    browser.wait_for_text("The sky is closed.").await;
    browser.open("/runs").await;
    browser.wait_for_text("The sky is closed.").await;
    assert!(browser.path().await.contains("columns=error"));
    browser.close().await;
}

#[tokio::test]
async fn a_reader_without_scripts_finds_and_filters() {
    let ledger = Ledger::start().await;
    let browser = ledger.app.browser_for("ann", "user").await;
    browser.allow_scripts(false).await;
    browser.open("/runs").await;
    assert!(browser.text("#runs time").await.ends_with(" UTC"));
    browser.click("details.pick summary").await;
    browser.click("input[name=statuses][value=FAILED]").await;
    browser.click("#filters button[type=submit]").await;
    browser.wait_for("#narrowings").await;
    assert_eq!(statuses(&browser).await, ["Failed"]);
    browser.click("#runs a.row").await;
    browser.wait_for("#run-head").await;
    assert!(browser.text("#reason").await.contains("The sky is closed."));
    for page in ledger.pages("user") {
        browser.open(&page).await;
        browser.wait_for("h1").await;
        for time in browser.texts("main time").await {
            assert!(time.is_empty() || time.ends_with(" UTC"), "{page}: {time}");
        }
    }
    browser.close().await;
}
