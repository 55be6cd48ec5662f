//! `cargo xtask bench`: measures the application, built for release, against a native baseline.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::interrupt;
use crate::project::Project;
use crate::run::{status, step};
use crate::setup::build;
use crate::setup::install::Consent;
use crate::setup::services::{Plan, Purpose};

/// The `pgbench` beside a server's programs, or beside what those are links to.
fn pgbench(programs: &Path) -> Option<PathBuf> {
    let linked = fs::canonicalize(programs.join("postgres")).ok()?;
    [programs, linked.parent()?]
        .into_iter()
        .map(|folder| folder.join("pgbench"))
        .find(|program| program.exists())
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Install missing servers without asking.
    #[arg(long)]
    yes: bool,
    /// Passed on to the benchmark; `-- --help` lists what it takes.
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Bench {
    pub(crate) fn run(self, project: &Project) -> Result<bool> {
        interrupt::listen()?;
        let plan = Plan::make(project, Purpose::Bench, Consent::new(self.yes))?;
        build::components(project, build::Profile::Shipped)?;
        let programs = ["--release", "--bin", "runledger-local", "--bin", "runledger-benches"];
        build::programs(project, "the host and the benchmark, for release", &programs)?;

        let services = plan.start()?;
        step("Measuring");
        let release = project.target().join("release");
        let mut bench = Command::new(release.join("runledger-benches"));
        bench
            .args(&self.arguments)
            .current_dir(project.root())
            .env("DATABASE_URL", services.database_url("postgres"))
            .env("REDIS_URL", services.redis_url())
            .env("RUNLEDGER_LOCAL_BIN", release.join("runledger-local"))
            .env("RUNLEDGER_MANIFEST", project.spin_manifest());
        if let Some(pgbench) = services.postgres_programs().and_then(pgbench) {
            bench.env("PGBENCH", pgbench);
        }
        let outcome = status(&mut bench);
        services.stop()?;
        Ok(outcome?.success())
    }
}
