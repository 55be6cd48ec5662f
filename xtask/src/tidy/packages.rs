//! Which package may depend on which.

use anyhow::Result;
use toml::{Table, Value};

use crate::project::Project;
use crate::run::{cargo, output};
use crate::tidy::Finding;
use crate::tidy::tree::Tree;

const MODELS: &str = "shared/models/Cargo.toml";

/// Crates that `models` may not be linked with, besides Spin's.
const IO_CRATES: [&str; 6] = ["hyper", "mio", "redis", "reqwest", "tokio", "tokio-postgres"];

/// What Cargo links `models` with.
pub(crate) fn linked_with_models(project: &Project) -> Result<String> {
    let tree = ["tree", "--package", "runledger-models", "--edges", "normal"];
    output(cargo(project, &tree).args(["--target", "all", "--prefix", "none", "--format", "{p}"]))
}

/// Functions do not know each other, nor does `shared/` know them; models are linked with nothing that does I/O.
pub(crate) fn check(tree: &Tree, linked_with_models: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let folders = ["functions", "shared"];
    for (folder, name) in folders
        .into_iter()
        .flat_map(|folder| tree.children(folder).map(move |name| (folder, name)))
    {
        let path = format!("{folder}/{name}/Cargo.toml");
        let manifest: Table = match tree.text(&path).unwrap_or_default().parse() {
            Ok(manifest) => manifest,
            Err(error) => {
                findings.push(Finding::new(path, 1, format!("this is not TOML: {error}")));
                continue;
            }
        };
        for other in dependencies(&manifest) {
            let function = other.strip_prefix("runledger-").unwrap_or_default();
            if tree.has(&format!("functions/{function}/Cargo.toml")) {
                let advice = format!("do not depend on {other}: what functions share lies in shared/");
                findings.push(Finding::new(&path, 1, advice));
            }
        }
    }
    let linked = linked_with_models.lines().filter_map(|line| line.split(' ').next());
    for name in linked.filter(|name| name.starts_with("spin-") || IO_CRATES.contains(name)) {
        let advice = format!("models do no I/O, but depend on {name}: leave it out, or switch its feature off");
        findings.push(Finding::new(MODELS, 1, advice));
    }
    findings
}

/// The packages that a manifest names, for whatever purpose and target.
fn dependencies(manifest: &Table) -> impl Iterator<Item = &str> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let tables = targets.filter_map(|(_, target)| target.as_table()).chain([manifest]);
    let kinds = tables.flat_map(|table| {
        ["dependencies", "dev-dependencies", "build-dependencies"].map(|kind| table.get(kind).and_then(Value::as_table))
    });
    kinds.flatten().flatten().map(|(name, _)| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_go_one_way() {
        let tree = Tree::from([
            (
                "functions/a/Cargo.toml",
                "[target.'cfg(unix)'.dev-dependencies]\nrunledger-b.workspace = true",
            ),
            (
                "functions/b/Cargo.toml",
                "[dependencies]\nrunledger-models.workspace = true",
            ),
            ("shared/models/Cargo.toml", "[dependencies]\nserde.workspace = true"),
            ("shared/web/Cargo.toml", "[dependencies]\nrunledger-a.workspace = true"),
        ]);
        let linked =
            "runledger-models v0.1.0 (/repo/shared/models)\nhelper v1.0.0\nspin-sdk v7.0.0\ntokio-util v0.7.0\n";
        let found: Vec<String> = check(&tree, linked).iter().map(ToString::to_string).collect();
        let starts = [
            "functions/a/Cargo.toml:1: do not depend on runledger-b",
            "shared/web/Cargo.toml:1: do not depend on runledger-a",
            "shared/models/Cargo.toml:1: models do no I/O, but depend on spin-sdk",
        ];
        assert_eq!(found.len(), starts.len(), "{found:?}");
        for (found, start) in found.iter().zip(starts) {
            assert!(found.starts_with(start), "{found}");
        }
    }
}
