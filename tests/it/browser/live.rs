//! What changes while somebody looks, changes on their page.

use runledger_tests::App;
use serde_json::json;

/// Marks the page, so that a page that was loaded anew is told from one that changed.
const MARK: &str = "window.isTheSame = true";
const IS_MARKED: &str = "return window.isTheSame === true";

#[tokio::test]
async fn a_run_that_moves_moves_on_the_list() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let run = app.create(&graph).await;
    let browser = app.browser_for("ann", "user").await;
    browser.open("/runs").await;
    browser.evaluate(MARK).await;
    let row = format!("[id='run-{run}']");
    assert_eq!(browser.text(&format!("{row} .status")).await, "Incomplete");
    browser.press("j").await;
    app.move_to(&run, "RUNNING").await;
    let told = "return document.querySelector(arguments[0])?.innerText === arguments[1]";
    let cell = json!(format!("{row} .status"));
    browser
        .wait_until("it runs", told, &[cell.clone(), json!("Running")])
        .await;
    assert!(browser.has_focus(&format!("{row} a.row")).await, "the focus stays");
    app.move_to(&run, "COMPLETED").await;
    browser.wait_until("it is done", told, &[cell, json!("Done")]).await;
    // Rows that are new do not push the others away.
    app.create(&graph).await;
    app.create(&graph).await;
    browser
        .wait_until("the pill", told, &[json!("#new-runs a"), json!("2 new runs")])
        .await;
    assert_eq!(browser.count("#runs tbody tr").await, 1);
    assert_eq!(browser.evaluate(IS_MARKED).await, true);
    browser.axe().await;
    browser.click("#new-runs a").await;
    let rows = "return document.querySelectorAll('#runs tbody tr').length === 3";
    browser.wait_until("three rows", rows, &[]).await;
    browser.close().await;
}

#[tokio::test]
async fn the_overview_counts_along() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let run = app.create_in(&graph, "QUEUED").await;
    let browser = app.browser_for("ann", "user").await;
    browser.open("/").await;
    browser.evaluate(MARK).await;
    let counts = "return document.querySelector('#figures').innerText.replace(/\\s+/g, ' ').includes(arguments[0])";
    browser
        .wait_until("one waits", counts, &[json!("0 running, 1 queued")])
        .await;
    app.move_to(&run, "RUNNING").await;
    browser
        .wait_until("it runs", counts, &[json!("1 running, 0 queued")])
        .await;
    app.move_to(&run, "FAILED").await;
    browser
        .wait_until("it failed", counts, &[json!("0 running, 0 queued")])
        .await;
    browser.wait_for("#attention .status.failed").await;
    assert_eq!(browser.evaluate(IS_MARKED).await, true);
    browser.close().await;
}

#[tokio::test]
async fn who_is_told_nothing_of_others_hears_nothing_of_them() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let mine = app.create_for(&graph, "bob").await;
    let browser = app.browser_for("bob", "user").await;
    browser.open("/runs").await;
    app.create(&graph).await;
    app.move_to(&mine, "RUNNING").await;
    browser.wait_for("#runs .status.running").await;
    assert_eq!(browser.text("#new-runs").await, "");
    browser.close().await;
}
