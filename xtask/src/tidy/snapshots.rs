//! Snapshots that no test looks at any more.

use crate::tidy::Finding;
use crate::tidy::tree::Tree;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in tree.paths() {
        if path.ends_with(".snap.new") || path.ends_with(".pending-snap") {
            findings.push(Finding::new(path, 1, "review it, then keep it as .snap or remove it"));
        }
    }
    for (path, text) in tree.with_extension("snap") {
        let Some(source) = header(text, "source") else {
            findings.push(Finding::new(
                path,
                1,
                "it does not name the test that made it: make it anew",
            ));
            continue;
        };
        let Some(code) = tree.text(source) else {
            findings.push(Finding::new(path, 1, format!("its test is gone ({source}): remove it")));
            continue;
        };
        let name = name(path);
        let used = [format!("fn {name}("), format!("fn test_{name}("), format!("\"{name}\"")];
        if !used.iter().any(|use_of_it| code.contains(use_of_it)) {
            let advice = format!("nothing in {source} looks at a snapshot {name}: remove it");
            findings.push(Finding::new(path, 1, advice));
        }
    }
    findings
}

/// A field of the lines between the first two `---`.
fn header<'a>(text: &'a str, field: &str) -> Option<&'a str> {
    let mut lines = text
        .lines()
        .skip_while(|line| *line != "---")
        .skip(1)
        .take_while(|line| *line != "---");
    let value = lines.find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    Some(value.trim().trim_matches('"'))
}

/// The snapshot's name in `crate__module__name@suffix-2.snap`: given by the test, or that of the test itself. A name that
/// ends with a number of its own is kept whole, unless it would be the number of a second snapshot of one test.
fn name(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".snap");
    let name = file.rsplit("__").next().unwrap_or(file);
    let name = name.split('@').next().unwrap_or(name);
    match name.rsplit_once('-') {
        Some((rest, number)) if !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()) => rest,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_has_a_test() {
        let snapshot = "---\nsource: tests/src/a.rs\nexpression: body\n---\n{}\n";
        let check = |path: &str, snapshot: &str, expected: Option<&str>| {
            let code = "#[test]\nfn a_problem() {}\n#[test]\nfn test_other() { assert_snapshot!(\"named\", 1) }";
            let tree = Tree::from([("tests/src/a.rs", code), (path, snapshot)]);
            let found: Vec<String> = super::check(&tree).iter().map(ToString::to_string).collect();
            match expected {
                None => assert_eq!(found, Vec::<String>::new()),
                Some(part) => assert!(found.len() == 1 && found[0].contains(part), "{found:?}"),
            }
        };
        check("tests/src/snapshots/it__a__a_problem.snap", snapshot, None);
        check("tests/src/snapshots/it__a__a_problem-2.snap", snapshot, None);
        check("tests/src/snapshots/it__a__a_problem@post.snap", snapshot, None);
        check("tests/src/snapshots/it__a__other.snap", snapshot, None);
        check("tests/src/snapshots/it__a__named.snap", snapshot, None);
        check(
            "tests/src/snapshots/it__a__removed.snap",
            snapshot,
            Some("looks at a snapshot removed"),
        );
        check(
            "tests/src/snapshots/it__b__a.snap",
            &snapshot.replace("a.rs", "b.rs"),
            Some("its test is gone"),
        );
        check(
            "tests/src/snapshots/it__a__a_problem.snap",
            "{}",
            Some("does not name the test"),
        );
        check("tests/src/snapshots/it__a__a_problem.snap.new", "{}", Some("review it"));
    }
}
