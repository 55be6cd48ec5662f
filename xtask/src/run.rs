//! Runs other programs: Cargo above all.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::interrupt;
use crate::project::Project;

/// Says what is being done, where Cargo says what it does.
pub(crate) fn step(text: &str) {
    eprintln!("==> {text}");
}

/// Cargo, in the repository, writing to the folder that `spin.toml` reads from. Without what the Cargo that runs us says of
/// this package: build scripts that look at the same variables of theirs would be run again, and all that follows them.
pub(crate) fn cargo(project: &Project, arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(project.root())
        .env("CARGO_TARGET_DIR", project.target());
    let ours = |name: &OsStr| {
        ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|start| name.as_encoded_bytes().starts_with(start.as_bytes()))
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command
}

/// Runs the command to its end; a signal to us ends it and everything it has started.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    interrupt::listen()?;
    // A process group of its own, so that a signal can be passed on to the compilers behind Cargo; without standard
    // input, since a background group may not read the terminal.
    command.process_group(0).stdin(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("start {}", shown(command)))?;
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait()? {
            interrupt::check()?;
            return Ok(status);
        }
        if interrupt::requested() && !told {
            told = true;
            // It may have ended by itself.
            let _ = killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs the command and insists on its success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("`{}` failed with {status}", shown(command));
    }
    Ok(())
}

/// What the command writes to its standard output; its errors go to ours.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("start {}", shown(command)))?;
    if !output.status.success() {
        bail!("`{}` failed with {}", shown(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` did not write UTF-8", shown(command)))
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or_default().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
