//! The browser that shows the pages to their tests, and the programs in JavaScript that judge pages (`tests/browser`); their
//! versions are fixed.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use xtask::servers::{CHROMEDRIVER, CHROMIUM, browser_programs};

use crate::interrupt;
use crate::project::Project;
use crate::run::{run, step};
use crate::setup::environment::variable;
use crate::setup::install::{self, Consent};

/// `none` for a machine that can have no browser.
const BROWSER: &str = "RUNLEDGER_BROWSER";

/// Tells the tests where the programs in JavaScript are.
const TOOLS: &str = "RUNLEDGER_BROWSER_TOOLS";

const WAY_OUT: &str = "set RUNLEDGER_BROWSER=none to leave out the tests that need it";

/// The files that say which programs, and their versions.
const FILES: [&str; 3] = [".npmrc", "package.json", "package-lock.json"];

/// Makes sure of all of it; the environment that tells the tests. `None` where the person wants no browser, which is told.
pub(crate) fn install(project: &Project, consent: Consent) -> Result<Option<Vec<(&'static str, OsString)>>> {
    if variable(BROWSER).is_some_and(|value| value == "none") {
        step("RUNLEDGER_BROWSER=none: the tests in a browser are left out");
        return Ok(None);
    }
    install::browser(consent).with_context(|| {
        format!("the pages are tested in Chromium or Chrome: install one and its chromedriver, name them in {CHROMIUM} and {CHROMEDRIVER}, or {WAY_OUT}")
    })?;
    install::node(consent)
        .with_context(|| format!("the pages are judged by programs that need Node: install it, or {WAY_OUT}"))?;
    let tools = tools(project).with_context(|| format!("make the package registry reachable, or {WAY_OUT}"))?;
    interrupt::check()?;
    let programs = browser_programs()?;
    Ok(Some(vec![
        (CHROMIUM, programs.chromium.into()),
        (CHROMEDRIVER, programs.chromedriver.into()),
        (TOOLS, tools.into()),
    ]))
}

/// The folder that has what `package-lock.json` says, and nothing else.
fn tools(project: &Project) -> Result<PathBuf> {
    let files = project.root().join("tests/browser");
    let folder = project.target().join("tools/browser");
    let installed = folder.join("installed.json");
    let wanted = files.join("package-lock.json");
    let text = fs::read(&wanted).with_context(|| format!("read {}", wanted.display()))?;
    if fs::read(&installed).is_ok_and(|installed| installed == text) {
        return Ok(folder);
    }
    step("Installing axe-core and html-validate");
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    for name in FILES {
        let copied = fs::copy(files.join(name), folder.join(name));
        copied.with_context(|| format!("copy {name} to {}", folder.display()))?;
    }
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder))?;
    // Last, so that what was interrupted begins anew.
    fs::write(&installed, text).with_context(|| format!("write {}", installed.display()))?;
    Ok(folder)
}
