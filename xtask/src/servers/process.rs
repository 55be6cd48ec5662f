//! A server process that ends with us, however we end.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Doing as _, Error, free_port};

/// How often a condition is looked at while waiting for it.
const LOOK: Duration = Duration::from_millis(20);

/// How often a port is tried that somebody else has by then.
const ATTEMPTS: usize = 5;

/// The time between two tries of the same port.
const AGAIN: Duration = Duration::from_millis(300);

/// A running server: stopped when dropped, and also when this process is killed.
///
/// It is in a process group of its own, so that Ctrl-C on the terminal reaches only us, who then stop the servers in
/// the right order.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// What signals go to: the process, or its whole group.
    target: Pid,
    stop_with: Signal,
    grace: Duration,
    leash: Option<Leash>,
}

impl Server {
    /// Starts `command`, to be stopped with the signal `stop_with`, and killed if that has not ended it within `grace`.
    pub fn start(command: Command, stop_with: Signal, grace: Duration) -> Result<Self, Error> {
        Self::launch(command, false, stop_with, grace)
    }

    /// Starts `command`, to be killed together with all that it has started and that has stayed in its process group.
    pub fn start_group(command: Command) -> Result<Self, Error> {
        Self::launch(command, true, Signal::SIGKILL, Duration::ZERO)
    }

    fn launch(mut command: Command, group: bool, stop_with: Signal, grace: Duration) -> Result<Self, Error> {
        let program = command.get_program().to_owned();
        let child = command.process_group(0).spawn().doing("start", Path::new(&program))?;
        // Process ids are small positive numbers, kept unsigned by the standard library; a negative one means the group.
        let pid = child.id().cast_signed();
        let mut server = Self {
            child,
            target: Pid::from_raw(if group { -pid } else { pid }),
            stop_with,
            grace,
            leash: None,
        };
        server.leash = Some(Leash::tie(server.target, stop_with)?);
        Ok(server)
    }

    /// The server's process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The process, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How the server ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, Error> {
        self.child.try_wait().doing("wait for", Path::new("a server"))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> Result<(), Error> {
        // The child is not reaped before this is gone, so the id is its own.
        kill(self.target, signal)
            .map_err(std::io::Error::from)
            .doing("signal", Path::new("a server"))
    }

    /// Stops the server and waits for its end.
    pub fn stop(&mut self) -> Result<ExitStatus, Error> {
        self.end(self.stop_with)
    }

    /// Sends `signal` and waits for the end.
    pub fn end(&mut self, signal: Signal) -> Result<ExitStatus, Error> {
        if let Some(status) = self.ended()? {
            self.leash = None;
            return Ok(status);
        }
        // First the leash: once the server is reaped, its process id may become somebody else's.
        self.leash = None;
        // The child is not reaped yet, so the id is still its own.
        let _ = kill(self.target, signal);
        let deadline = Instant::now() + self.grace;
        while Instant::now() < deadline {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            thread::sleep(LOOK);
        }
        let _ = kill(self.target, Signal::SIGKILL);
        self.child.wait().doing("wait for", Path::new("a server"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.stop();
    }
}

/// A shell that waits on a pipe from us, and signals the server when the pipe breaks: when we are gone without having
/// stopped the server.
#[derive(Debug)]
struct Leash(Child);

impl Leash {
    fn tie(server: Pid, signal: Signal) -> Result<Self, Error> {
        let name = signal.as_str().trim_start_matches("SIG");
        Command::new("/bin/sh")
            .args(["-c", "read -r _; kill -s \"$1\" -- \"$0\"", &server.to_string(), name])
            .current_dir("/")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map(Self)
            .doing("start", Path::new("/bin/sh"))
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A command with a small environment: a server needs none of ours, least of all our secrets.
pub(super) fn server_command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// Starts a server whose output goes to a log, and waits until it is ready; `ready` is told its process id.
pub(super) fn launch(
    program: &'static str,
    mut command: Command,
    log: &Path,
    stop_with: Signal,
    patience: Duration,
    ready: impl Fn(u32) -> bool,
) -> Result<Server, Error> {
    let output = File::create(log).doing("create", log)?;
    let errors = output.try_clone().doing("share", log)?;
    command.stdout(output).stderr(errors);
    let mut server = Server::start(command, stop_with, patience)?;
    let deadline = Instant::now() + patience;
    let reason = loop {
        if let Some(status) = server.ended()? {
            break format!("it ended with {status}");
        }
        if ready(server.id()) {
            return Ok(server);
        }
        if Instant::now() > deadline {
            break format!("it was not ready after {} seconds", patience.as_secs());
        }
        thread::sleep(LOOK);
    };
    drop(server);
    let log = tail(log);
    Err(Error::NotStarted { program, reason, log })
}

/// Launches a server on the port that it had, or any free one where that is 0, and again where its log has `taken`: that
/// somebody else has the port. The one it had may have gone to somebody's connection while the server was down: not for long.
pub(super) fn on_port(
    before: u16,
    taken: &str,
    launch: impl Fn(u16) -> Result<Server, Error>,
) -> Result<(u16, Server), Error> {
    let mut tried = 0;
    loop {
        let port = if before == 0 { free_port()? } else { before };
        tried += 1;
        match launch(port) {
            Err(Error::NotStarted { log, .. }) if log.contains(taken) && tried < ATTEMPTS => {
                if before != 0 {
                    thread::sleep(AGAIN);
                }
            }
            outcome => return Ok((port, outcome?)),
        }
    }
}

/// Stops a server that outlived the process that started it. `marks` is text of its command line, by which the process
/// is known to be that server and not a stranger who got its id.
pub fn stop_stray(pid: u32, marks: &str, signals: &[Signal], grace: Duration) {
    let pid = Pid::from_raw(pid.cast_signed());
    let alive = || command_line(pid).is_some_and(|line| line.contains(marks));
    for &signal in signals {
        if !alive() || kill(pid, signal).is_err() {
            return;
        }
        let deadline = Instant::now() + grace;
        while alive() && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
    }
}

fn command_line(pid: Pid) -> Option<String> {
    if Path::new("/proc/self/cmdline").exists() {
        // Empty for a process that has ended and is not reaped.
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&line).replace('\0', " "));
    }
    let output = Command::new("ps")
        .args(["-o", "command=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The last lines of a log, for an error message.
fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};

    use super::*;

    fn sleeper() -> Command {
        let mut command = Command::new("sleep");
        command.arg("600");
        command
    }

    /// Whether the command line comes to be as wanted. Polled, since a process that starts shows an empty one for a
    /// moment, and one that is killed by another ends a moment later.
    fn comes_to_be(pid: Pid, wanted: impl Fn(Option<&str>) -> bool) -> bool {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if wanted(command_line(pid).as_deref()) {
                return true;
            }
            thread::yield_now();
        }
        false
    }

    fn gone(pid: Pid) -> bool {
        comes_to_be(pid, |line| line.is_none_or(str::is_empty))
    }

    #[test]
    fn a_dropped_server_is_stopped() {
        let server = Server::start(sleeper(), Signal::SIGTERM, Duration::from_secs(10)).unwrap();
        let pid = server.target;
        assert!(comes_to_be(pid, |line| line.is_some_and(|line| line.contains("sleep"))));
        drop(server);
        assert!(gone(pid));
    }

    #[test]
    fn a_server_that_ignores_its_signal_is_killed() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "trap '' TERM; while :; do sleep 1; done"]);
        let mut server = Server::start(command, Signal::SIGTERM, Duration::from_millis(200)).unwrap();
        let status = server.stop().unwrap();
        assert!(!status.success());
    }

    #[test]
    fn a_broken_leash_stops_the_server() {
        let mut server = Server::start(sleeper(), Signal::SIGTERM, Duration::from_secs(10)).unwrap();
        // What the system does to our end of the pipe when we are killed.
        drop(server.leash.as_mut().unwrap().0.stdin.take());
        assert!(gone(server.target));
    }

    #[test]
    fn a_group_ends_together() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "sleep 600 & echo $!; wait"]).stdout(Stdio::piped());
        let mut server = Server::start_group(command).unwrap();
        let mut line = String::new();
        let output = server.child().stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let child = Pid::from_raw(line.trim().parse().unwrap());
        assert!(comes_to_be(child, |line| line.is_some_and(|line| line.contains("sleep"))));
        // As when we are killed: the leash is what ends them.
        drop(server.leash.as_mut().unwrap().0.stdin.take());
        assert!(gone(child));
    }

    #[test]
    fn a_stray_is_stopped_and_a_stranger_is_not() {
        let mut server = Server::start(sleeper(), Signal::SIGTERM, Duration::from_secs(10)).unwrap();
        stop_stray(
            server.id(),
            "another command line",
            &[Signal::SIGKILL],
            Duration::from_secs(10),
        );
        assert!(server.ended().unwrap().is_none());
        stop_stray(server.id(), "sleep 600", &[Signal::SIGTERM], Duration::from_secs(10));
        assert!(gone(server.target));
    }
}
