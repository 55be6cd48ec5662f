//! Builds the component, starts hosts, asks them.

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, OnceLock},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything here should take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Bodies that tests send.
pub(crate) type RequestBody = UnsyncBoxBody<Bytes, std::io::Error>;

/// The built component.
pub(crate) fn guest() -> &'static Path {
    static GUEST: OnceLock<PathBuf> = OnceLock::new();
    GUEST.get_or_init(|| {
        let target = target_dir();
        let status = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--target",
                "wasm32-wasip2",
                "--profile",
                "component",
            ])
            .args(["--package", "runledger-local-guest", "--target-dir"])
            .arg(&target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .unwrap();
        assert!(status.success(), "the component of local/guest does not build");
        target.join("wasm32-wasip2/component/runledger_local_guest.wasm")
    })
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_runledger-local"))
}

fn target_dir() -> PathBuf {
    program().ancestors().nth(2).unwrap().to_owned()
}

/// The server for tests of Postgres, if there is one.
pub(crate) fn database_url() -> Option<String> {
    server("DATABASE_URL")
}

/// The server for tests of Redis, if there is one.
pub(crate) fn redis_url() -> Option<String> {
    server("REDIS_URL")
}

fn server(name: &str) -> Option<String> {
    let url = env::var(name).ok();
    if url.is_none() {
        eprintln!("skipped: {name} is not set; `cargo xtask test` sets it");
    }
    url
}

fn authority(url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    let default = if url.scheme() == "redis" { 6379 } else { 5432 };
    format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(default))
}

/// A folder with a manifest that serves the component below `/guest`.
pub(crate) struct Application {
    pub(crate) folder: TempDir,
    /// Where compiled components are kept; all tests share one place unless they say otherwise.
    pub(crate) state_dir: PathBuf,
}

impl Application {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = format!(
            r#"
                spin_manifest_version = 2
                [application]
                name = "guest"
                [variables]
                database_host = {{ default = "127.0.0.1:1" }}
                redis_host = {{ default = "127.0.0.1:1" }}
                greeting = {{ required = true }}
                password = {{ default = "hunter2", secret = true }}
                [[trigger.http]]
                route = "/guest/..."
                component = "guest"
                [[trigger.http]]
                route = "/other/:any/hello"
                component = "guest"
                [component.guest]
                source = "{}"
                allowed_outbound_hosts = [
                    "postgres://{{{{ database_host }}}}", "redis://{{{{ redis_host }}}}", "http://self",
                ]
                environment = {{ MODE = "test" }}
                [component.guest.variables]
                greeting = "{{{{ greeting }}}}!"
                [component.guest.build]
                command = "make the guest"
            "#,
            guest().display()
        );
        std::fs::write(folder.path().join("spin.toml"), manifest).unwrap();
        Self {
            folder,
            state_dir: target_dir().join("local-tests"),
        }
    }

    /// The host for this application, with its required variable set.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .arg("--from")
            .arg(self.folder.path().join("spin.toml"))
            .arg("--state-dir")
            .arg(&self.state_dir)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .env("SPIN_VARIABLE_GREETING", "hi")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (url, variable) in [("DATABASE_URL", "DATABASE_HOST"), ("REDIS_URL", "REDIS_HOST")] {
            if let Ok(url) = env::var(url) {
                command.env(format!("SPIN_VARIABLE_{variable}"), authority(&url));
            }
        }
        command
    }

    /// The host, serving.
    pub(crate) fn start(self, arguments: &[&str]) -> Host {
        let command = self.command(arguments);
        Host::start(self, command)
    }

    /// Runs the host to its end: its exit status, standard output and standard error.
    pub(crate) fn run(&self, arguments: &[&str]) -> (ExitStatus, String, String) {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status, text(output.stdout), text(output.stderr))
    }
}

/// A host that serves.
pub(crate) struct Host {
    child: Child,
    stdout: BufReader<ChildStdout>,
    base: String,
    log: Arc<Mutex<Vec<String>>>,
    client: Client<HttpConnector, RequestBody>,
    _application: Application,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// Checks that this is a problem document of the host's.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{:?}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let document = self.json();
        assert_eq!(document["status"], status);
        assert_eq!(document["instance"], self.headers["x-request-id"].to_str().unwrap());
        for field in ["type", "title", "detail"] {
            assert!(document[field].is_string(), "{document}");
        }
        self
    }
}

impl Host {
    pub(crate) fn start(application: Application, mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let sink = Arc::clone(&log);
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                sink.lock().unwrap().push(line);
            }
        });
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let base = line.strip_prefix("Serving ").map(|base| base.trim().to_owned());
        let base = base.unwrap_or_else(|| panic!("{line:?} {:?}", log.lock().unwrap()));
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self {
            child,
            stdout,
            base,
            log,
            client,
            _application: application,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Reply {
        let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
        self.send(Request::post(path).body(body).unwrap()).await
    }

    pub(crate) async fn send(&self, mut request: Request<RequestBody>) -> Reply {
        *request.uri_mut() = format!("{}{}", self.base, request.uri()).parse().unwrap();
        let exchange = async {
            let (parts, body) = self.client.request(request).await.unwrap().into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Reply {
                status: parts.status,
                headers: parts.headers,
                body,
            }
        };
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .expect("an answer in time")
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens, as `host:port`.
    pub(crate) fn address(&self) -> &str {
        self.base.strip_prefix("http://").unwrap()
    }

    /// The lines of the log so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Waits for a line of the log.
    pub(crate) async fn logged(&self, matches: impl Fn(&Value) -> bool) -> Value {
        let line = || {
            let lines = self.log();
            lines
                .iter()
                .filter_map(|line| serde_json::from_str(line).ok())
                .find(&matches)
        };
        until(line)
            .await
            .unwrap_or_else(|| panic!("not logged: {:#?}", self.log()))
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Waits for its end: the exit status and what else it wrote to standard output.
    pub(crate) async fn end(&mut self) -> (ExitStatus, String) {
        let status = until(|| self.child.try_wait().unwrap()).await.expect("it ends");
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (status, rest)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn empty() -> RequestBody {
    Full::default().map_err(|never| match never {}).boxed_unsync()
}

/// Asks again and again until there is an answer; `None` if there never is.
pub(crate) async fn until<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    None
}
