//! What watches the pages sees what it is there for, and nothing else.

use runledger_tests::App;
use runledger_tests::browser::{Browser, Finding, Kind, Media, Scheme, check_html, validate_html};
use serde_json::json;

use super::site::{Page, Site, html};

/// Opens a page of such a site until it says "done"; what the browser found.
async fn found(pages: Vec<Page>, path: &str) -> Vec<Finding> {
    let site = Site::start(pages).await;
    let browser = Browser::start(site.url()).await;
    browser.open(path).await;
    browser.wait_for_text("Page").await;
    let findings = browser.findings().await;
    browser.close().await;
    findings
}

fn kinds(findings: &[Finding]) -> Vec<Kind> {
    findings.iter().map(|finding| finding.kind).collect()
}

/// A page with a script of its own.
fn scripted(script: &str) -> Vec<Page> {
    let page = html(
        "<script type=\"module\" src=\"/page.js\"></script>",
        "<p id=\"text\">before</p>",
    );
    vec![Page::raw("/", &page), Page::raw("/page.js", script)]
}

#[tokio::test]
async fn a_good_page_is_found_good() {
    let script = "document.querySelector('#text').textContent = 'after'; console.info('fine'); fetch('/data');";
    let mut pages = scripted(script);
    pages.push(Page::raw("/data", "data"));
    let site = Site::start(pages).await;
    let browser = Browser::start(site.url()).await;
    browser.open("/").await;
    browser.wait_for_text("after").await;
    assert_eq!((browser.status().await, browser.path().await), (200, "/".to_owned()));
    browser.axe().await;
    let source = browser.source().await;
    assert!(source.contains("before") && !source.contains("after"), "{source}");
    validate_html(&[("/", &source)]);
    browser.close().await;
}

#[tokio::test]
async fn what_the_console_says_is_found() {
    let check = async |script: &str, part: &str| {
        let findings = found(scripted(script), "/").await;
        assert_eq!(kinds(&findings), [Kind::Console], "{script}: {findings:?}");
        assert!(findings[0].detail.contains(part), "{script}: {findings:?}");
    };
    check("console.error('an error')", "an error").await;
    check("console.warn('a warning')", "a warning").await;
    check("throw new Error('thrown')", "thrown").await;
    check("Promise.reject(new Error('rejected'))", "rejected").await;
}

#[tokio::test]
async fn a_request_to_another_host_is_found() {
    let other = "http://other.example/picture.png";
    let image = format!("<img src=\"{other}\" alt=\"A picture\">");
    let findings = found(vec![Page::new("/", &image).without_policy()], "/").await;
    assert_eq!(kinds(&findings), [Kind::OtherHost], "{findings:?}");
    assert_eq!(findings[0].detail, other);
    // Another port is another server.
    let other = Site::start(vec![Page::raw(
        "/picture.svg",
        "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
    )])
    .await;
    let image = format!("<img src=\"{}/picture.svg\" alt=\"A picture\">", other.url());
    let findings = found(vec![Page::new("/", &image).without_policy()], "/").await;
    assert_eq!(kinds(&findings), [Kind::OtherHost], "{findings:?}");
}

#[tokio::test]
async fn what_the_policy_forbids_is_found() {
    for main in [
        "<script>document.title = 'inline'</script>",
        "<p style=\"color: red\">styled</p>",
        "<img src=\"http://other.example/picture.png\" alt=\"A picture\">",
    ] {
        let findings = found(vec![Page::new("/", main)], "/").await;
        assert!(kinds(&findings).contains(&Kind::Policy), "{main}: {findings:?}");
    }
}

#[tokio::test]
async fn answers_that_are_errors_are_found() {
    let broken = || Page::new("/broken", "<p>It broke.</p>").status(500);
    let findings = found(vec![broken()], "/broken").await;
    assert_eq!(kinds(&findings), [Kind::Status], "{findings:?}");
    // A page as a whole may be missing, its parts may not.
    let missing = Page::new("/missing", "<p>There is no such run.</p>").status(404);
    let findings = found(vec![missing], "/missing").await;
    assert_eq!(findings, []);
    let image = "<img src=\"/missing.png\" alt=\"A picture\">";
    let findings = found(vec![Page::new("/", image)], "/").await;
    assert_eq!(kinds(&findings), [Kind::Status], "{findings:?}");
    let mut pages = scripted("await fetch('/broken')");
    pages.push(broken());
    let findings = found(pages, "/").await;
    assert_eq!(kinds(&findings), [Kind::Status], "{findings:?}");
}

#[tokio::test]
#[should_panic(expected = "on the console")]
async fn what_nobody_took_fails_the_test() {
    let site = Site::start(scripted("console.error('nobody expects this')")).await;
    let browser = Browser::start(site.url()).await;
    browser.open("/").await;
    browser.close().await;
}

#[tokio::test]
#[should_panic(expected = "end a test with browser.close().await")]
async fn a_browser_has_to_be_closed() {
    let site = Site::start(vec![Page::new("/", "")]).await;
    let browser = Browser::start(site.url()).await;
    browser.open("/").await;
}

#[tokio::test]
async fn axe_finds_what_shuts_people_out_in_both_colour_schemes() {
    let main = "<img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\"><p class=\"pale\">Some text</p>\
                <p><input name=\"q\" type=\"text\"></p><h4>Deep</h4>";
    let style = ":root { color-scheme: light dark } .pale { color: #777; background: #fff }\n\
                 @media (prefers-color-scheme: dark) { .pale { color: #333; background: #000 } }\n\
                 @media (prefers-color-scheme: light) { .pale { color: #000 } }";
    let page = html("<link rel=\"stylesheet\" href=\"/page.css\">", main);
    let site = Site::start(vec![Page::raw("/", &page), Page::raw("/page.css", style)]).await;
    let browser = Browser::start(site.url()).await;
    browser.open("/").await;
    let findings = browser.axe_findings().await;
    let has = |rule: &str, scheme: Scheme, selector: &str| {
        let mut places = findings
            .iter()
            .filter(|finding| finding.rule == rule && finding.scheme == scheme);
        places.any(|finding| finding.selector == selector)
    };
    for scheme in [Scheme::Light, Scheme::Dark] {
        assert!(has("image-alt", scheme, "img"), "{findings:#?}");
        assert!(has("label", scheme, "input"), "{findings:#?}");
        // Advice beyond the guidelines.
        assert!(has("heading-order", scheme, "h4"), "{findings:#?}");
    }
    assert!(!has("color-contrast", Scheme::Light, ".pale"), "{findings:#?}");
    assert!(has("color-contrast", Scheme::Dark, ".pale"), "{findings:#?}");
    browser.close().await;
}

#[tokio::test]
#[should_panic(expected = "image-alt (light) at img")]
async fn what_axe_finds_fails_the_test() {
    let site = Site::start(vec![Page::new(
        "/",
        "<img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\">",
    )])
    .await;
    let browser = Browser::start(site.url()).await;
    browser.open("/").await;
    browser.axe().await;
}

#[test]
fn invalid_html_is_found() {
    let good = html("", "<p>Fine</p>");
    let bad = html("", "<p id=\"a\">One</p>\n<p id=\"a\"><div>Two</div></p>");
    let findings = check_html(&[("good", &good), ("bad", &bad)]);
    let found: Vec<_> = findings
        .iter()
        .map(|finding| (finding.page.as_str(), finding.line, finding.rule.as_str()))
        .collect();
    assert!(found.contains(&("bad", 5, "no-dup-id")), "{findings:?}");
    assert!(findings.iter().all(|finding| finding.page == "bad"), "{findings:?}");
}

#[tokio::test]
async fn without_scripts_a_page_runs_none() {
    let site = Site::start(scripted("document.querySelector('#text').textContent = 'after'")).await;
    let browser = Browser::start(site.url()).await;
    browser.allow_scripts(false).await;
    browser.open("/").await;
    assert_eq!(browser.text("#text").await, "before");
    browser.reload().await;
    assert_eq!(browser.text("#text").await, "before");
    browser.allow_scripts(true).await;
    browser.reload().await;
    browser.wait_for_text("after").await;
    browser.close().await;
}

#[tokio::test]
async fn a_reader_prefers_what_the_test_says() {
    let site = Site::start(vec![Page::new("/", "")]).await;
    let browser = Browser::builder(site.url())
        .size(360, 640)
        .timezone("Asia/Kolkata")
        .language("de-DE")
        .start()
        .await;
    browser.open("/").await;
    let queries = "return ['(prefers-color-scheme: dark)', '(prefers-reduced-motion: reduce)', 'print'].map(query => matchMedia(query).matches)";
    assert_eq!(browser.evaluate(queries).await, json!([false, false, false]));
    let media = Media {
        scheme: Scheme::Dark,
        reduced_motion: true,
        print: true,
    };
    browser.emulate(media).await;
    assert_eq!(browser.evaluate(queries).await, json!([true, true, true]));
    let reader = "return [innerWidth, innerHeight, navigator.language, (1.5).toLocaleString(), new Date(0).getHours()]";
    let expected = json!([360, 640, "de-DE", "1,5", 5]);
    assert_eq!(browser.evaluate(reader).await, expected);
    browser.resize(1280, 400).await;
    browser.reload().await;
    assert_eq!(
        browser.evaluate("return [innerWidth, innerHeight]").await,
        json!([1280, 400])
    );
    assert_eq!(browser.evaluate(queries).await, json!([true, true, true]));
    browser.close().await;
}

#[tokio::test]
async fn a_reader_types_clicks_and_goes_back() {
    let form = "<form action=\"/found\"><label>Name <input name=\"name\" type=\"text\" value=\"old\"></label> \
                <button type=\"submit\">Find</button></form><p><a href=\"/found\">All</a></p>";
    let site = Site::start(vec![Page::new("/", form), Page::new("/found", "<p>Found</p>")]).await;
    let browser = Browser::start(site.url()).await;
    browser.open("/").await;
    browser.fill("input", "new").await;
    browser.click("button").await;
    browser.wait_for_path("/found?name=new").await;
    assert_eq!(browser.text("main p").await, "Found");
    browser.back().await;
    browser.wait_for_path("/").await;
    // The focus is where it was; in a page that is loaded anew it is nowhere.
    browser.reload().await;
    browser.press("Tab").await;
    browser.press("Tab").await;
    assert!(browser.has_focus("button").await);
    browser.press("Shift+Tab").await;
    assert!(browser.has_focus("input").await);
    browser.press("Shift+X").await;
    browser.press("Enter").await;
    browser.wait_for_path("/found?name=X").await;
    assert_eq!(
        (browser.count("a").await, browser.title().await),
        (0, "Page".to_owned())
    );
    let picture = browser.screenshot("harness").await;
    assert!(std::fs::read(picture).unwrap().starts_with(b"\x89PNG"));
    browser.close().await;
}

#[tokio::test]
async fn the_applications_description_is_shown_without_a_complaint() {
    let app = App::start().await;
    let browser = app.browser_for("reader", "user").await;
    browser.open("/api/docs").await;
    assert_eq!(browser.status().await, 200);
    browser.wait_for("h1").await;
    let cookies = browser.dev_tools("Network.getCookies", json!({})).await;
    assert_eq!(cookies["cookies"][0]["name"], "runledger_token", "{cookies}");
    // That page names no icon.
    let mut findings = browser.findings().await;
    findings.retain(|finding| !finding.detail.ends_with("/favicon.ico"));
    assert_eq!(findings, []);
    browser.close().await;
}
