//! Which package depends on which, as Cargo sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// The packages of the workspace and all that they depend on.
#[derive(Debug)]
pub(crate) struct Graph {
    names: BTreeMap<String, String>,
    edges: BTreeMap<String, Vec<String>>,
    members: Vec<Member>,
}

/// A package of the workspace.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Relative to the repository.
    pub(crate) folder: String,
    /// The packages that it names, for whatever purpose.
    pub(crate) dependencies: Vec<String>,
    id: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
    workspace_members: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    /// `None` for what the package itself is linked with; else "dev" or "build".
    kind: Option<String>,
}

impl Graph {
    /// Reads what `cargo metadata` prints.
    pub(crate) fn parse(metadata: &str, root: &Path) -> Result<Self> {
        let metadata: Metadata = serde_json::from_str(metadata).context("read what `cargo metadata` prints")?;
        let mut members = Vec::new();
        let mut names = BTreeMap::new();
        for package in metadata.packages {
            if metadata.workspace_members.contains(&package.id) {
                let folder = Path::new(&package.manifest_path).parent().unwrap_or(root);
                members.push(Member {
                    name: package.name.clone(),
                    folder: folder
                        .strip_prefix(root)
                        .unwrap_or(folder)
                        .to_string_lossy()
                        .into_owned(),
                    dependencies: package
                        .dependencies
                        .into_iter()
                        .map(|dependency| dependency.name)
                        .collect(),
                    id: package.id.clone(),
                });
            }
            names.insert(package.id, package.name);
        }
        let linked = |edge: &Edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none());
        let edges = metadata.resolve.nodes.into_iter().map(|node| {
            let targets = node.deps.into_iter().filter(linked).map(|edge| edge.pkg).collect();
            (node.id, targets)
        });
        Ok(Self {
            edges: edges.collect(),
            names,
            members,
        })
    }

    /// The workspace's packages.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// The names of everything that a package is linked with.
    pub(crate) fn linked_with(&self, member: &Member) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut left = vec![member.id.as_str()];
        let mut seen = BTreeSet::new();
        while let Some(id) = left.pop() {
            for target in self.edges.get(id).into_iter().flatten() {
                if seen.insert(target.as_str()) {
                    left.push(target);
                    found.extend(self.names.get(target).map(String::as_str));
                }
            }
        }
        found
    }
}
