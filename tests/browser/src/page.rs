//! What a reader does on a page, and what they see.

use std::time::{Duration, Instant};

use fantoccini::Locator;
use serde_json::{Value, json};
use url::Url;

use crate::browser::Browser;
use crate::keys;

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait between two looks.
const INTERVAL: Duration = Duration::from_millis(20);

/// Ends when what has been drawn so far is on the screen.
const SETTLE: &str = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));";

/// The page's HTML as the server gives it to this reader.
const SOURCE: &str =
    "const done = arguments[0]; fetch(location.href).then(answer => answer.text()).then(done, error => done(null));";

impl Browser {
    /// Opens a page by its path, or a whole URL.
    pub async fn open(&self, path: &str) {
        let url = self.base.join(path).expect("the path is one of a URL");
        let outcome = self.client().goto(url.as_str()).await;
        self.ok(&format!("open {path}"), outcome).await;
    }

    /// Where the reader is.
    pub async fn url(&self) -> Url {
        let outcome = self.client().current_url().await;
        self.ok("the URL", outcome).await
    }

    /// Where the reader is, as path and query.
    pub async fn path(&self) -> String {
        let url = self.url().await;
        url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
    }

    /// The status with which the server answered the page.
    pub async fn status(&self) -> u16 {
        let status = self
            .evaluate("return performance.getEntriesByType('navigation')[0].responseStatus")
            .await;
        let status = status.as_u64().and_then(|status| u16::try_from(status).ok());
        status.expect("the page came from a server")
    }

    /// The page's title.
    pub async fn title(&self) -> String {
        let outcome = self.client().title().await;
        self.ok("the title", outcome).await
    }

    /// The button "back".
    pub async fn back(&self) {
        let outcome = self.client().back().await;
        self.ok("go back", outcome).await;
    }

    /// The button "forward".
    pub async fn forward(&self) {
        let outcome = self.client().forward().await;
        self.ok("go forward", outcome).await;
    }

    /// The button "reload".
    pub async fn reload(&self) {
        let outcome = self.client().refresh().await;
        self.ok("reload", outcome).await;
    }

    /// Runs a script's body in the page, whatever the page's policy; what it returns.
    pub async fn evaluate(&self, script: &str) -> Value {
        self.evaluate_with(script, Vec::new()).await
    }

    /// The same, with `arguments[0]` and so on.
    pub async fn evaluate_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        let outcome = self.client().execute(script, arguments).await;
        self.ok(script, outcome).await
    }

    /// Runs a script that ends by calling its last argument; what it calls it with.
    pub async fn evaluate_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        let outcome = self.client().execute_async(script, arguments).await;
        self.ok("a script that ends later", outcome).await
    }

    /// Waits until a script's body returns something that is neither null nor false, and gives that. Between two pages there is nothing to
    /// ask, which is waited for too.
    pub async fn wait_until(&self, what: &str, script: &str, arguments: &[Value]) -> Value {
        let start = Instant::now();
        loop {
            let outcome = self.client().execute(script, arguments.to_vec()).await;
            if let Ok(found) = &outcome
                && !found.is_null()
                && *found != Value::Bool(false)
            {
                return found.clone();
            }
            if start.elapsed() > PATIENCE {
                let last = outcome.map_or_else(|error| error.to_string(), |value| value.to_string());
                self.fail(&format!("waited {PATIENCE:?} in vain for {what} (last: {last})"))
                    .await;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Waits until something is there that this CSS selector finds, and can be seen.
    pub async fn wait_for(&self, css: &str) {
        let script = "return [...document.querySelectorAll(arguments[0])].some(found => found.checkVisibility())";
        self.wait_until(css, script, &[json!(css)]).await;
    }

    /// Waits until nothing is left that this CSS selector finds, and can be seen.
    pub async fn wait_until_gone(&self, css: &str) {
        let script = "return ![...document.querySelectorAll(arguments[0])].some(found => found.checkVisibility())";
        self.wait_until(&format!("the end of {css}"), script, &[json!(css)])
            .await;
    }

    /// Waits until the page shows this text somewhere.
    pub async fn wait_for_text(&self, text: &str) {
        let script = "return document.body !== null && document.body.innerText.includes(arguments[0])";
        self.wait_until(&format!("the text {text:?}"), script, &[json!(text)])
            .await;
    }

    /// Waits until the reader is at a path and query, as after a form was sent.
    pub async fn wait_for_path(&self, path: &str) {
        let script =
            "return document.readyState === 'complete' && location.pathname + location.search === arguments[0]";
        self.wait_until(&format!("the path {path}"), script, &[json!(path)])
            .await;
    }

    /// The text that is shown of the first that this CSS selector finds, once it is there.
    pub async fn text(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText";
        let text = self.wait_until(css, script, &[json!(css)]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The texts that are shown of all that this CSS selector finds now.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(found => found.innerText)";
        let texts = self.evaluate_with(script, vec![json!(css)]).await;
        let texts = texts.as_array().into_iter().flatten();
        texts.map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// How many this CSS selector finds now.
    pub async fn count(&self, css: &str) -> usize {
        self.texts(css).await.len()
    }

    /// An attribute of the first that this CSS selector finds, once it is there.
    pub async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let script =
            "const found = document.querySelector(arguments[0]); return found && [found.getAttribute(arguments[1])]";
        let value = self.wait_until(css, script, &[json!(css), json!(name)]).await;
        value[0].as_str().map(str::to_owned)
    }

    /// Whether the first that this CSS selector finds has the focus, now.
    pub async fn has_focus(&self, css: &str) -> bool {
        let script = "return document.activeElement?.matches(arguments[0]) ?? false";
        self.evaluate_with(script, vec![json!(css)]).await == Value::Bool(true)
    }

    /// Clicks on the first that this CSS selector finds, once that can be done. What a link or a form leads to is loaded
    /// afterwards.
    pub async fn click(&self, css: &str) {
        let start = Instant::now();
        loop {
            let outcome = match self.client().find(Locator::Css(css)).await {
                Ok(found) => found.click().await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(()) => return,
                Err(error) if start.elapsed() > PATIENCE => self.fail(&format!("click on {css}: {error}")).await,
                Err(_) => tokio::time::sleep(INTERVAL).await,
            }
        }
    }

    /// Types into the first that this CSS selector finds, in place of what it holds.
    pub async fn fill(&self, css: &str, text: &str) {
        self.wait_for(css).await;
        let outcome = self.client().find(Locator::Css(css)).await;
        let field = self.ok(css, outcome).await;
        self.ok(css, field.clear().await).await;
        self.ok(css, field.send_keys(text).await).await;
    }

    /// Presses a key where the focus is: `j`, `Enter`, `ArrowDown`, `Shift+Tab`, …
    pub async fn press(&self, keys: &str) {
        let outcome = self.client().perform_actions(keys::strokes(keys)).await;
        self.ok(&format!("press {keys}"), outcome).await;
    }

    /// The page's HTML as the server answers it to this reader, which is what [`crate::validate_html`] judges.
    pub async fn source(&self) -> String {
        let source = self.evaluate_async(SOURCE, Vec::new()).await;
        match source {
            Value::String(source) => source,
            _ => self.fail("the page cannot be fetched once more").await,
        }
    }

    /// Waits until what the page has drawn so far is on the screen.
    pub(crate) async fn settle(&self) {
        self.evaluate_async(SETTLE, Vec::new()).await;
    }
}
