//! The page of a run: what is done from it, and what changes on it.

use serde_json::json;

use super::ledger::Ledger;

const STATUS: &str = "return document.querySelector('#run-status')?.innerText === arguments[0]";

#[tokio::test]
async fn a_run_that_runs_changes_before_its_readers_eyes() {
    let ledger = Ledger::start().await;
    let run = ledger.run("QUEUED");
    let browser = ledger.app.browser_for("ann", "user").await;
    browser.open(&format!("/runs/{run}")).await;
    browser.evaluate("window.isTheSame = true").await;
    browser.wait_until("it waits", STATUS, &[json!("Queued")]).await;
    ledger.app.move_to(run, "RUNNING").await;
    browser.wait_until("it runs", STATUS, &[json!("Running")]).await;
    ledger.app.move_to(run, "COMPLETED").await;
    browser.wait_until("it is done", STATUS, &[json!("Done")]).await;
    browser.wait_until_gone("#stop").await;
    assert_eq!(browser.evaluate("return window.isTheSame").await, true);
    browser.close().await;
}

#[tokio::test]
async fn its_owner_stops_deletes_and_restores_a_run() {
    let ledger = Ledger::start().await;
    let run = ledger.run("RUNNING");
    let browser = ledger.app.browser_for("ann", "user").await;
    browser.open("/runs?statuses=RUNNING,TERMINATED").await;
    browser.click(&format!("[id='run-{run}'] a.row")).await;
    browser.click("#stop summary").await;
    browser.axe().await;
    browser.click("#stop button").await;
    browser.wait_for("#outcome").await;
    browser.wait_until("it is stopped", STATUS, &[json!("Stopped")]).await;
    assert_eq!(ledger.app.db.execution(run).await["executionStatus"], "TERMINATED");
    assert_eq!(browser.count("#stop").await, 0);
    browser.click("#delete summary").await;
    browser.click("#delete button").await;
    browser.wait_for_text("restore").await;
    browser.axe().await;
    browser.click("form[action$='/restore'] button").await;
    browser.wait_for("#outcome").await;
    assert_eq!(browser.text("#outcome").await, "The run was restored.");
    // Where one came from is not forgotten.
    let list = browser.attribute(".run-way a", "href").await.unwrap();
    assert!(list.contains("statuses=RUNNING"), "{list}");
    browser.close().await;
}

#[tokio::test]
async fn its_owner_shares_a_run_and_takes_the_link_back() {
    let ledger = Ledger::start().await;
    let run = ledger.run("FAILED");
    let browser = ledger.app.browser_for("ann", "user").await;
    browser.open(&format!("/runs/{run}")).await;
    browser.click("#share summary").await;
    browser.click("#share form[action$='/share'] button").await;
    browser.wait_for("#share-link").await;
    browser.axe().await;
    let link = browser.attribute("#share-link", "href").await.unwrap();
    let anybody = ledger.app.browser().await;
    anybody.open(&link).await;
    assert_eq!(anybody.status().await, 200);
    browser.click("#share form[action$='/unshare'] button").await;
    browser.wait_for("#outcome").await;
    anybody.reload().await;
    assert_eq!(anybody.status().await, 404);
    anybody.close().await;
    browser.close().await;
}

#[tokio::test]
async fn a_node_opens_beside_its_run() {
    let ledger = Ledger::start().await;
    let run = ledger.run("COMPLETED");
    let browser = ledger.app.browser_for("ann", "user").await;
    browser.open(&format!("/runs/{run}/nodes")).await;
    browser.click("#timeline a.row[data-node$='-output']").await;
    browser.wait_for("#inspected").await;
    assert!(browser.text("#inspected").await.contains("degrees"));
    let path = browser.path().await;
    browser.axe().await;
    browser.reload().await;
    browser.wait_for("#inspected").await;
    browser.back().await;
    browser.wait_until_gone("#inspected").await;
    browser.forward().await;
    browser.wait_for_path(&path).await;
    browser.wait_for("#inspected").await;
    browser.close().await;
}
