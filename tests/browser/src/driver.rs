//! The process that drives a browser, and the commands of its own that it knows besides WebDriver's.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::thread;

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};
use xtask::servers::{BrowserPrograms, Server, browser_programs};

/// What its output says of its port.
const STARTED: &str = "started successfully on port ";

/// A running chromedriver. It ends with this value, and with it the browser that it has started.
pub(crate) struct Driver {
    /// Before the folder, which the browser writes to.
    _server: Server,
    folder: TempDir,
    programs: BrowserPrograms,
    url: String,
}

impl Driver {
    /// Starts one on a free port, with a home of its own and this time zone.
    pub(crate) fn start(timezone: &str) -> Self {
        let programs = browser_programs().expect("`cargo xtask test` installs a browser");
        let folder = tempfile::tempdir().expect("a folder for the browser can be made");
        let mut command = Command::new(&programs.chromedriver);
        command
            .arg("--port=0")
            .env("HOME", folder.path())
            .env("TZ", timezone)
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("DISPLAY")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // The browser stays in the group.
        let mut server = Server::start_group(command).expect("chromedriver starts");
        let output = server.child().stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, port) = line.split_once(STARTED)?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let port = port.expect("chromedriver says its port");
        // It would end with the pipe.
        thread::spawn(move || lines.for_each(drop));
        Self {
            _server: server,
            folder,
            programs,
            url: format!("http://127.0.0.1:{port}"),
        }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What it is asked for to start a browser: headless, with this language, unable to reach another host than this one.
    pub(crate) fn capabilities(&self, language: &str, host: &str) -> serde_json::Map<String, Value> {
        let mut arguments = vec![
            "--headless=new".to_owned(),
            format!("--user-data-dir={}", self.folder.path().join("profile").display()),
            format!("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {host}"),
            format!("--lang={language}"),
            format!("--accept-lang={language}"),
        ];
        let fixed = [
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-dev-shm-usage",
            "--disable-extensions",
            "--disable-gpu",
            "--font-render-hinting=none",
            "--hide-scrollbars",
            "--no-first-run",
        ];
        arguments.extend(fixed.map(str::to_owned));
        if nix::unistd::geteuid().is_root() {
            // Which the sandbox refuses to work for.
            arguments.push("--no-sandbox".to_owned());
        }
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": self.programs.chromium,
                "args": arguments,
                "perfLoggingPrefs": { "enableNetwork": true, "enablePage": false },
            },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        match capabilities {
            Value::Object(capabilities) => capabilities,
            _ => unreachable!("it is an object"),
        }
    }
}

/// A command of chromedriver's own.
#[derive(Debug)]
pub(crate) enum Own {
    /// Calls a method of the DevTools protocol.
    DevTools(&'static str, Value),
    /// Takes the entries that a log has had since it was last asked for.
    Log(&'static str),
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        let command = match self {
            Self::DevTools(..) => "goog/cdp/execute",
            Self::Log(_) => "se/log",
        };
        base_url.join(&format!("session/{}/{command}", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _request_url: &Url) -> (Method, Option<String>) {
        let body = match self {
            Self::DevTools(method, parameters) => json!({ "cmd": method, "params": parameters }),
            Self::Log(kind) => json!({ "type": kind }),
        };
        (Method::POST, Some(body.to_string()))
    }
}
