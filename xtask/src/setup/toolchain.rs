//! The compiler's WebAssembly target.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::project::Project;
use crate::run::{output, run, shown, step};

const TARGET: &str = "wasm32-wasip2";

/// Names an archive of the target's standard library, for a machine that cannot download it.
const ARCHIVE_VARIABLE: &str = "RUNLEDGER_RUST_STD";

/// Adds the target to the toolchain of `rust-toolchain.toml` if it is missing.
pub(crate) fn ensure_target(project: &Project) -> Result<()> {
    if target_folder(project)?.is_dir() {
        return Ok(());
    }
    step(&format!("Adding the compiler's target {TARGET}"));
    let mut add = Command::new("rustup");
    add.args(["target", "add", TARGET]).current_dir(project.root());
    if let Err(error) = run(&mut add) {
        let Some(archive) = archive(project)? else {
            bail!(
                "{error:#}: `{}` has to succeed once; where the download is out of reach, set {ARCHIVE_VARIABLE} to an \
                 archive rust-std-<version>-{TARGET}.tar.xz of the same version of Rust",
                shown(&add)
            );
        };
        eprintln!("{error:#}; unpacking {} instead", archive.display());
        unpack(&archive, &sysroot(project)?)?;
    }
    if !target_folder(project)?.is_dir() {
        bail!(
            "the compiler still has no target {TARGET}: check `rustup show` in {}",
            project.root().display()
        );
    }
    Ok(())
}

fn rustc(project: &Project, arguments: &[&str]) -> Result<String> {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let text = output(Command::new(program).args(arguments).current_dir(project.root()))?;
    Ok(text.trim().to_owned())
}

fn target_folder(project: &Project) -> Result<PathBuf> {
    rustc(project, &["--print", "target-libdir", "--target", TARGET]).map(PathBuf::from)
}

fn sysroot(project: &Project) -> Result<PathBuf> {
    rustc(project, &["--print", "sysroot"]).map(PathBuf::from)
}

/// The archive that the environment names, or the one that lies beside the repository.
fn archive(project: &Project) -> Result<Option<PathBuf>> {
    if let Some(path) = std::env::var_os(ARCHIVE_VARIABLE).filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        if !path.is_file() {
            bail!("{ARCHIVE_VARIABLE} names {}, which is not a file", path.display());
        }
        return Ok(Some(path));
    }
    let version = rustc(project, &["--version"])?;
    let version = version
        .split_whitespace()
        .nth(1)
        .context("rustc --version prints no version")?;
    let name = format!("rust-std-{version}-{TARGET}.tar.xz");
    let beside = project.root().join("../shared/toolchain").join(name);
    Ok(beside.is_file().then_some(beside))
}

/// Unpacks the archive, whose one folder is the target's, to where the compiler looks for it.
fn unpack(archive: &Path, sysroot: &Path) -> Result<()> {
    let folder = sysroot.join("lib/rustlib");
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(archive).arg("-C").arg(&folder);
    run(&mut tar).with_context(|| format!("unpack {} to {} (tar needs xz)", archive.display(), folder.display()))
}
