//! The host of the application under test: a child process, ended with the test.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// How long a host may take to start; Spin compiles the components each time.
const START_PATIENCE: Duration = Duration::from_mins(2);
/// How often a lost race for a free port is run again.
const TRIES: usize = 5;
/// How many of the last lines of its log a failing test shows.
const SHOWN_LINES: usize = 200;

/// Whether the local host behaves as Spin's does (`cargo xtask test --like-spin`). Many requests that come at the same moment
/// then find an instance each, where Spin has them share some, and each keeps one of the 64 connections to Postgres.
pub fn is_like_spin() -> bool {
    env::var("RUNLEDGER_LOCAL_OPTIONS").is_ok_and(|options| options.contains("--like-spin"))
}

/// Whether the suite runs through PgBouncer (`cargo xtask test --pgbouncer`). It refuses the startup parameter `options`, which a
/// URL with another schema sets, and every statement is planned anew there, which a burst of 200 streams waits for too long.
pub fn is_pooled() -> bool {
    env::var("RUNLEDGER_LOCAL_OPTIONS").is_ok_and(|options| options.contains("--unnamed-statements"))
}

/// Whether the suite runs against Spin.
pub fn is_spin() -> bool {
    env::var("RUNLEDGER_HOST").is_ok_and(|host| host == "spin")
}

/// The options that every local host gets besides its test's own: what the suite as a whole is run with.
fn options_for_all() -> Vec<String> {
    let options = env::var("RUNLEDGER_LOCAL_OPTIONS").unwrap_or_default();
    options.split_whitespace().map(str::to_owned).collect()
}

/// A running host.
pub struct Host {
    child: Child,
    base_url: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Host {
    /// Starts the host with these variables, and arguments if it is the local one, and waits until it serves.
    pub fn start(variables: &[(String, String)], arguments: &[String]) -> Self {
        let mut reasons = Vec::new();
        for _ in 0..TRIES {
            match Self::try_start(variables, arguments) {
                Ok(host) => return host,
                Err(reason) => reasons.push(reason),
            }
        }
        panic!(
            "the host did not start in {TRIES} tries; the last: {}",
            reasons.pop().unwrap_or_default()
        );
    }

    fn try_start(variables: &[(String, String)], arguments: &[String]) -> Result<Self, String> {
        let mut command = command();
        if !is_spin() {
            command.args(options_for_all()).args(arguments);
        }
        set(&mut command, variables);
        let mut child = command
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))?;
        let log = Arc::new(Mutex::new(Vec::new()));
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            collect(stdout, Arc::clone(&log), Some(sender));
        }
        if let Some(stderr) = child.stderr.take() {
            collect(stderr, Arc::clone(&log), None);
        }
        let mut host = Self {
            child,
            base_url: String::new(),
            log,
        };
        host.base_url = host.wait_for_address(&lines)?;
        Ok(host)
    }

    fn wait_for_address(&mut self, lines: &Receiver<String>) -> Result<String, String> {
        let start = Instant::now();
        loop {
            let left = START_PATIENCE.saturating_sub(start.elapsed());
            match lines.recv_timeout(left) {
                Ok(line) => {
                    if let Some((_, address)) = line.split_once("Serving http://") {
                        return Ok(format!("http://{}", address.trim()));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!(
                        "it did not serve within {START_PATIENCE:?}\n{}",
                        self.log_end()
                    ));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait().map_err(|error| error.to_string())?;
                    return Err(format!("it ended with {status}\n{}", self.log_end()));
                }
            }
        }
    }

    /// Runs the local host on the manifest for schedules: each component is called as Spin's cron trigger calls it. Gives
    /// whether all did their work, and the log.
    pub fn trigger_cron(variables: &[(String, String)]) -> (bool, String) {
        let manifest =
            env::var_os("RUNLEDGER_CRON_MANIFEST").map_or_else(|| root().join("spin.cron.toml"), PathBuf::from);
        let mut command = local(&manifest);
        command.arg("--trigger-cron").args(options_for_all());
        set(&mut command, variables);
        let output = command.current_dir(root()).stdin(Stdio::null()).output();
        let output = output.expect("the local host can be run");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }

    /// Where it serves: `http://127.0.0.1:<port>`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The most memory that the process has had, in megabytes; `None` where the system does not tell.
    pub fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim()
            .strip_suffix("kB")?
            .trim()
            .parse()
            .ok()
            .map(|kb: u64| kb / 1024)
    }

    /// The lines of its log so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().map(|log| log.clone()).unwrap_or_default()
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends the process as a crash does.
    pub fn kill(&mut self) {
        // It may have ended by itself, which is just as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn log_end(&self) -> String {
        let log = self.log();
        log[log.len().saturating_sub(SHOWN_LINES)..].join("\n")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if thread::panicking() && !self.base_url.is_empty() {
            eprintln!("--- the host's log ---\n{}\n---", self.log_end());
        }
        // Spin serves from a child of its own, and ends it only when it is itself asked to end.
        if is_spin() {
            let pid = i32::try_from(self.child.id()).map(Pid::from_raw);
            let asked = pid.is_ok_and(|pid| kill(pid, Signal::SIGINT).is_ok());
            let start = Instant::now();
            while asked && self.is_running() && start.elapsed() < Duration::from_secs(10) {
                thread::sleep(Duration::from_millis(20));
            }
        }
        self.kill();
    }
}

/// The workspace's root.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace")
}

fn command() -> Command {
    let manifest = env::var_os("RUNLEDGER_MANIFEST").map_or_else(|| root().join("spin.toml"), PathBuf::from);
    let mut command;
    if is_spin() {
        command = Command::new("spin");
        command
            .arg("up")
            .arg("--from")
            .arg(manifest)
            .arg("--listen")
            .arg(format!("127.0.0.1:{}", free_port()));
    } else {
        command = local(&manifest);
    }
    command
}

/// The local host for this manifest, on any port.
fn local(manifest: &Path) -> Command {
    let built = || root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    let program = env::var_os("RUNLEDGER_LOCAL_BIN")
        .map_or_else(|| built().join("debug/runledger-local"), |program| root().join(program));
    let mut command = Command::new(program);
    command.arg("--from").arg(manifest).args(["--listen", "127.0.0.1:0"]);
    command
}

/// Sets the application's variables: only what a test sets reaches it.
fn set(command: &mut Command, variables: &[(String, String)]) {
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SPIN_VARIABLE_")) {
        command.env_remove(name);
    }
    for (name, value) in variables {
        command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
    }
}

/// A port that was free a moment ago; whoever finds it taken starts over.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Reads a stream to its end, line by line, into the log and to `listener`.
fn collect(stream: impl Read + Send + 'static, log: Arc<Mutex<Vec<String>>>, listener: Option<mpsc::Sender<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if let Some(listener) = &listener {
                // Nobody listens any more once the address is known.
                let _ = listener.send(line.clone());
            }
            if let Ok(mut log) = log.lock() {
                log.push(line);
            }
        }
    });
}
