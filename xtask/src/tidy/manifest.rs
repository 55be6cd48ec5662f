//! `spin.toml` and what it must agree with: the functions' folders, and the README's table of variables.

use toml::{Table, Value};

use crate::tidy::Finding;
use crate::tidy::tree::Tree;

const MANIFEST: &str = "spin.toml";
const README: &str = "README.md";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(MANIFEST) else {
        return Vec::new();
    };
    let manifest: Table = match text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![Finding::new(MANIFEST, 1, format!("this is not TOML: {error}"))],
    };
    let mut findings = check_functions(tree, text, &manifest);
    findings.extend(check_variables(tree, text, &manifest));
    findings
}

/// The line on which `part` first stands, or the first.
fn line_of(text: &str, part: &str) -> usize {
    text.lines()
        .position(|line| line.contains(part))
        .map_or(1, |index| index + 1)
}

fn table<'a>(parent: &'a Table, key: &str) -> impl Iterator<Item = (&'a str, &'a Table)> {
    let entries = parent.get(key).and_then(Value::as_table).into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.as_str(), value.as_table()?)))
}

/// Each component is a function's, each function has a component, and each component a route.
fn check_functions(tree: &Tree, text: &str, manifest: &Table) -> Vec<Finding> {
    let functions: Vec<&str> = tree
        .children("functions")
        .filter(|name| tree.has(&format!("functions/{name}/Cargo.toml")))
        .collect();
    let routed: Vec<&str> = manifest
        .get("trigger")
        .and_then(|trigger| trigger.get("http"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|trigger| trigger.get("component")?.as_str())
        .collect();
    let mut findings = Vec::new();
    let mut served = Vec::new();
    for (name, component) in table(manifest, "component") {
        let source = component.get("source").and_then(Value::as_str).unwrap_or_default();
        let advice = match functions.iter().find(|function| source == built(function)) {
            Some(function) if routed.contains(&name) => {
                served.push(*function);
                continue;
            }
            Some(_) => format!("no [[trigger.http]] leads to the component {name}: give it a route"),
            None => format!("no folder below functions/ builds {source}"),
        };
        let line = line_of(text, &format!("[component.{name}]"));
        findings.push(Finding::new(MANIFEST, line, advice));
    }
    for function in functions.iter().filter(|function| !served.contains(function)) {
        let advice = format!("no routed component in {MANIFEST} has the source {}", built(function));
        findings.push(Finding::new(format!("functions/{function}/Cargo.toml"), 1, advice));
    }
    findings
}

/// What Cargo builds of a function.
fn built(function: &str) -> String {
    format!(
        "target/wasm32-wasip2/component/runledger_{}.wasm",
        function.replace('-', "_")
    )
}

/// The README's table has a row for each variable, with its default.
fn check_variables(tree: &Tree, text: &str, manifest: &Table) -> Vec<Finding> {
    let readme = tree.text(README).unwrap_or_default();
    let mut findings = Vec::new();
    for (name, variable) in table(manifest, "variables") {
        let start = format!("| `{name}` |");
        let Some(row) = readme.lines().find(|line| line.starts_with(&start)) else {
            let advice =
                format!("describe the variable {name} in {README}, in a row of its table that begins with {start}");
            findings.push(Finding::new(MANIFEST, line_of(text, &format!("{name} =")), advice));
            continue;
        };
        let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
        if !default.is_empty() && !row.contains(&format!("`{default}`")) {
            let advice = format!("the default of {name} is `{default}` in {MANIFEST}: say so");
            findings.push(Finding::new(README, line_of(readme, &start), advice));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[variables]\ndatabase_url = { required = true }\nlimit = { default = \"8\" }\n\
        [[trigger.http]]\nroute = \"/...\"\ncomponent = \"data-service\"\n\
        [component.data-service]\nsource = \"target/wasm32-wasip2/component/runledger_data_service.wasm\"\n";
    const README_TEXT: &str = "| `database_url` | Where. | |\n| `limit` | How much. | `8` |\n";

    fn found(manifest: &str, readme: &str, function: &str) -> Vec<String> {
        let manifest_path = format!("functions/{function}/Cargo.toml");
        let tree = Tree::from([(MANIFEST, manifest), (README, readme), (manifest_path.as_str(), "")]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_agrees_is_fine() {
        assert_eq!(found(GOOD, README_TEXT, "data-service"), Vec::<String>::new());
    }

    #[test]
    fn components_and_functions_are_the_same() {
        let other = found(GOOD, README_TEXT, "summary");
        assert_eq!(other.len(), 2, "{other:?}");
        assert!(
            other[0].starts_with("spin.toml:7: no folder below functions/ builds"),
            "{other:?}"
        );
        assert!(
            other[1].starts_with("functions/summary/Cargo.toml:1: no routed component"),
            "{other:?}"
        );
        let unrouted = found(
            &GOOD.replace("component = \"data", "component = \"meta"),
            README_TEXT,
            "data-service",
        );
        assert!(
            unrouted[0].starts_with("spin.toml:7: no [[trigger.http]] leads to"),
            "{unrouted:?}"
        );
    }

    #[test]
    fn variables_are_described_with_their_defaults() {
        let missing = found(GOOD, "| `limit` | How much. | `8` |", "data-service");
        assert!(
            missing.len() == 1 && missing[0].starts_with("spin.toml:2: describe the variable database_url"),
            "{missing:?}"
        );
        let outdated = found(GOOD, &README_TEXT.replace('8', "9"), "data-service");
        assert!(
            outdated.len() == 1 && outdated[0].starts_with("README.md:2: the default of limit is `8`"),
            "{outdated:?}"
        );
    }
}
