//! Builds what is run: the Wasm components and the native programs.

use anyhow::Result;

use crate::project::Project;
use crate::run::{cargo, run, step};
use crate::setup::toolchain;

/// Builds all components, as `spin build` does one by one.
pub(crate) fn components(project: &Project) -> Result<()> {
    toolchain::ensure_target(project)?;
    step("Building the components");
    let packages = project.function_packages()?;
    let mut command = cargo(
        project,
        &["build", "--target", "wasm32-wasip2", "--profile", "component"],
    );
    for package in &packages {
        command.args(["--package", package]);
    }
    run(&mut command)
}

/// Builds native programs of the workspace.
///
/// `--workspace` builds no more than these programs, but with the features that the whole workspace asks of their
/// dependencies: so they need not be built again for the tests.
pub(crate) fn programs(project: &Project, what: &str, arguments: &[&str]) -> Result<()> {
    step(&format!("Building {what}"));
    run(cargo(project, &["build", "--workspace"]).args(arguments))
}

/// Builds the host, for development.
pub(crate) fn host(project: &Project) -> Result<()> {
    programs(project, "the host", &["--bin", "runledger-local"])
}
