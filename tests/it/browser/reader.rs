//! Pages are as their reader's machine asks for: zone, width, zoom, motion.

use runledger_tests::browser::{Browser, Media};
use serde_json::json;

use super::ledger::Ledger;

#[tokio::test]
async fn times_are_in_the_readers_zone() {
    let ledger = Ledger::start().await;
    let run = ledger.run("COMPLETED");
    let sql = r#"UPDATE "AgentGraphExecution" SET "createdAt" = '2026-01-02 03:04:05', "startedAt" = '2026-01-02 03:04:05' WHERE id = $1"#;
    ledger.app.db.execute(sql, &[&run]).await;
    let browser = Browser::builder(ledger.app.host.base_url())
        .timezone("Europe/Berlin")
        .start()
        .await;
    browser.sign_in(&runledger_tests::tokens::token("ann", "user")).await;
    browser.open("/runs").await;
    let time = format!("[id='run-{run}'] time");
    browser
        .wait_until(
            "its time",
            "return document.querySelector(arguments[0])?.title.includes('4:04:05')",
            &[json!(time)],
        )
        .await;
    let title = browser.attribute(&time, "title").await.unwrap();
    assert!(title.contains("2026-01-02T03:04:05"), "{title}");
    browser.open(&format!("/shared/{}", ledger.share)).await;
    browser.wait_for_text("4:04:05").await;
    browser.close().await;
}

#[tokio::test]
async fn nothing_moves_for_who_wants_no_motion() {
    let ledger = Ledger::start().await;
    let browser = ledger.app.browser_for("ann", "user").await;
    let moving = "return document.getAnimations().filter(each => each.playState === 'running').length";
    browser.open("/runs?statuses=RUNNING").await;
    browser.wait_for(".status.running").await;
    assert_ne!(browser.evaluate(moving).await, json!(0), "what runs turns");
    let media = Media {
        reduced_motion: true,
        ..Media::default()
    };
    browser.emulate(media).await;
    for page in ledger.pages("user") {
        browser.open(&page).await;
        assert_eq!(browser.evaluate(moving).await, json!(0), "{page}");
    }
    browser.close().await;
}

#[tokio::test]
async fn no_page_is_wider_than_a_telephone() {
    let ledger = Ledger::start().await;
    let browser = ledger.app.browser_for("root", "admin").await;
    browser.resize(360, 740).await;
    let mut wide = Vec::new();
    for page in ledger.pages("admin") {
        browser.open(&page).await;
        let width = browser.evaluate("return document.scrollingElement.scrollWidth").await;
        if width != json!(360) {
            wide.push(format!("{page}: {width}"));
        }
    }
    assert!(wide.is_empty(), "{wide:#?}");
    browser.close().await;
}
