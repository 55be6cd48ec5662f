//! Where things are in the repository.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::setup::build::Profile;

/// The repository's folders and files.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// The repository that this tool is a crate of.
    pub(crate) fn find() -> Result<Self> {
        // Set by `cargo run`; a tool that is started otherwise knows the folder it was compiled in.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let manifest = manifest.filter(|folder| folder.ends_with("xtask"));
        let manifest = manifest.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let root = manifest.parent().context("the folder xtask has no parent")?;
        Ok(Self {
            root: root
                .canonicalize()
                .with_context(|| format!("{} is not there", root.display()))?,
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn spin_manifest(&self) -> PathBuf {
        self.root.join("spin.toml")
    }

    /// The manifest of this name with components of another profile, written beside what else is made for tests.
    pub(crate) fn manifest_with(&self, name: &str, profile: Profile) -> Result<PathBuf> {
        let manifest = self.root.join(name);
        if profile == Profile::Shipped {
            return Ok(manifest);
        }
        let shipped = fs::read_to_string(&manifest).with_context(|| format!("read {name}"))?;
        let built = |profile: Profile| format!("target/wasm32-wasip2/{}/", profile.name());
        let other = self.root.join(built(profile));
        let folder = self.state(profile.name());
        fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        let manifest = folder.join(name);
        let text = shipped.replace(&built(Profile::Shipped), &format!("{}/", other.display()));
        fs::write(&manifest, text).with_context(|| format!("write {}", manifest.display()))?;
        Ok(manifest)
    }

    /// Cargo's output. `spin.toml` names the components below it, so it is not negotiable.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// What a private server keeps for one purpose.
    pub(crate) fn state(&self, purpose: &str) -> PathBuf {
        self.target().join("runledger").join(purpose)
    }

    /// The host's program, as built for development.
    pub(crate) fn host(&self) -> PathBuf {
        self.target().join("debug/runledger-local")
    }

    /// The packages of the functions, in the order of their names.
    pub(crate) fn function_packages(&self) -> Result<Vec<String>> {
        let folder = self.root.join("functions");
        let mut packages = Vec::new();
        for entry in folder
            .read_dir()
            .with_context(|| format!("read {}", folder.display()))?
        {
            let entry = entry?;
            if entry.path().join("Cargo.toml").is_file() {
                packages.push(format!("runledger-{}", entry.file_name().to_string_lossy()));
            }
        }
        packages.sort();
        Ok(packages)
    }
}
