//! Builds what is run: the Wasm components and the native programs.

use anyhow::Result;

use crate::project::Project;
use crate::run::{cargo, run, step};
use crate::setup::toolchain;

/// How components are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As they are shipped: small and fast, after minutes.
    Shipped,
    /// For a quick verdict while one writes: larger and slower, after seconds.
    Quick,
}

impl Profile {
    /// Cargo's name for it, which is also that of its folder.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Shipped => "component",
            Self::Quick => "component-quick",
        }
    }
}

/// Builds all components, as `spin build` does one by one.
pub(crate) fn components(project: &Project, profile: Profile) -> Result<()> {
    toolchain::ensure_target(project)?;
    step("Building the components");
    let packages = project.function_packages()?;
    let mut command = cargo(
        project,
        &["build", "--target", "wasm32-wasip2", "--profile", profile.name()],
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
