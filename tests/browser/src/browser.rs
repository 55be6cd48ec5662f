//! A browser: how it begins, what it is told to be, and how it ends.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::Url;

use crate::driver::{Driver, Own};
use crate::findings::{Finding, Log};
use crate::media::Media;

/// The cookie that holds a reader's token.
const TOKEN_COOKIE: &str = "runledger_token";

/// A window of a headless browser, with a profile of its own, that shows the pages of one server.
pub struct Browser {
    /// `None` once it is closed.
    pub(crate) client: Option<Client>,
    pub(crate) base: Url,
    media: Mutex<Media>,
    scripts: AtomicBool,
    log: Mutex<Log>,
    /// Last, since it ends the browser.
    _driver: Driver,
}

/// A browser that is yet to start.
pub struct Builder {
    base: Url,
    size: (u32, u32),
    timezone: String,
    language: String,
}

impl Builder {
    /// How large the page is shown, in CSS pixels; 1280 × 800 otherwise.
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width, height);
        self
    }

    /// The reader's time zone, such as `Europe/Berlin`; UTC otherwise.
    #[must_use]
    pub fn timezone(mut self, name: &str) -> Self {
        name.clone_into(&mut self.timezone);
        self
    }

    /// The reader's language, such as `de-DE`; `en-US` otherwise.
    #[must_use]
    pub fn language(mut self, name: &str) -> Self {
        name.clone_into(&mut self.language);
        self
    }

    /// Starts it.
    pub async fn start(self) -> Browser {
        let driver = Driver::start(&self.timezone);
        let host = self.base.host_str().expect("the server has a host");
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(driver.capabilities(&self.language, host))
            .connect(driver.url())
            .await
            .unwrap_or_else(|error| panic!("the browser does not start: {error}"));
        let browser = Browser {
            client: Some(client),
            log: Mutex::new(Log::new(self.base.clone())),
            base: self.base,
            media: Mutex::default(),
            scripts: AtomicBool::new(true),
            _driver: driver,
        };
        browser.resize(self.size.0, self.size.1).await;
        browser.emulate(Media::default()).await;
        let language = json!({ "locale": self.language.replace('-', "_") });
        browser.dev_tools("Emulation.setLocaleOverride", language).await;
        browser
    }
}

impl Browser {
    /// A browser for the server at `http://host:port`.
    pub async fn start(base_url: &str) -> Self {
        Self::builder(base_url).start().await
    }

    /// The same, with other settings.
    pub fn builder(base_url: &str) -> Builder {
        Builder {
            base: base_url.parse().expect("the server's address is a URL"),
            size: (1280, 800),
            timezone: "UTC".to_owned(),
            language: "en-US".to_owned(),
        }
    }

    /// Signs in with this token, as the sign-in page does, without visiting it.
    pub async fn sign_in(&self, token: &str) {
        let cookie = json!({
            "name": TOKEN_COOKIE,
            "value": token,
            "url": self.base.as_str(),
            "httpOnly": true,
            "sameSite": "Lax",
        });
        self.dev_tools("Network.setCookie", cookie).await;
    }

    /// Shows the page in this size, in CSS pixels. Half the size is what a reader at 200 % has.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.dev_tools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Lets the media queries find something else.
    pub async fn emulate(&self, media: Media) {
        self.dev_tools("Emulation.setEmulatedMedia", media.parameters()).await;
        *self.media.lock().unwrap_or_else(PoisonError::into_inner) = media;
    }

    /// What the media queries find.
    pub(crate) fn media(&self) -> Media {
        *self.media.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether pages that are opened from now on may run scripts.
    pub async fn allow_scripts(&self, allowed: bool) {
        self.dev_tools("Emulation.setScriptExecutionDisabled", json!({ "value": !allowed }))
            .await;
        self.scripts.store(allowed, Ordering::Relaxed);
    }

    /// What has happened that should not, since this was last asked. A test that provokes something takes it from here;
    /// what is left fails it in the end.
    pub async fn findings(&self) -> Vec<Finding> {
        if self.scripts.load(Ordering::Relaxed) {
            // What the page has begun comes to be shown, and what it then says is in the log.
            self.settle().await;
        }
        let performance = self.own(Own::Log("performance")).await;
        let console = self.own(Own::Log("browser")).await;
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.read(&performance, &console)
    }

    /// Ends the browser, and fails the test where something happened that should not.
    pub async fn close(mut self) {
        let findings = self.findings().await;
        if let Some(client) = self.client.take() {
            client.close().await.expect("the browser ends");
        }
        let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(
            findings.is_empty(),
            "the browser found what should not be:\n{}",
            findings.join("\n")
        );
    }

    /// Calls a method of the DevTools protocol, for what WebDriver knows nothing of.
    pub async fn dev_tools(&self, method: &'static str, parameters: Value) -> Value {
        self.own(Own::DevTools(method, parameters)).await
    }

    async fn own(&self, command: Own) -> Value {
        let what = format!("{command:?}");
        let answer = self.client().issue_cmd(command).await;
        answer.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    pub(crate) fn client(&self) -> &Client {
        self.client.as_ref().expect("the browser is open")
    }

    /// The picture of what is shown, as PNG.
    pub async fn png(&self) -> Vec<u8> {
        self.client().screenshot().await.expect("a picture can be taken")
    }

    /// Writes a picture of what is shown to `target/screenshots`, and says where.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let file = screenshots().join(format!("{name}.png"));
        std::fs::create_dir_all(screenshots()).expect("the folder of pictures can be made");
        std::fs::write(&file, self.png().await).expect("the picture can be written");
        file
    }

    /// Fails the test, and shows what the browser shows.
    pub(crate) async fn fail(&self, message: &str) -> ! {
        let url = self.client().current_url().await;
        let url = url.map_or_else(|error| error.to_string(), |url| url.to_string());
        let test = thread::current().name().unwrap_or("browser").replace("::", "-");
        let picture = self.screenshot(&format!("failed-{test}")).await;
        panic!("{message}\non {url}, as {} shows", picture.display());
    }

    /// What a command has given, unless it failed.
    pub(crate) async fn ok<T>(&self, what: &str, outcome: Result<T, CmdError>) -> T {
        match outcome {
            Ok(value) => value,
            Err(error) => self.fail(&format!("{what}: {error}")).await,
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Else nobody has looked at the findings.
        assert!(
            self.client.is_none() || thread::panicking(),
            "end a test with browser.close().await"
        );
    }
}

/// In the workspace's target folder.
fn screenshots() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root.expect("the crate lies in the workspace")
        .join(target)
        .join("screenshots")
}
