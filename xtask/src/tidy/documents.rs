//! Documents: links lead somewhere, and so do mentions of decisions.

use std::collections::BTreeSet;

use crate::tidy::Finding;
use crate::tidy::tree::{Tree, has_extension};

const DECISIONS: &str = "docs/decisions";
const INDEX: &str = "docs/decisions/README.md";
/// Applied ones are not edited: they name pages of before, for which the index has a table.
const MIGRATIONS: &str = "migrations/";
/// The file whose mentions are only examples.
const EXAMPLES: &str = "xtask/src/tidy/documents.rs";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = check_decisions(tree);
    for (path, text) in tree.with_extension("md") {
        findings.extend(check_links(tree, path, text));
    }
    findings
}

/// Decisions are pages by theme, each in the index; who mentions one elsewhere mentions one that is there.
fn check_decisions(tree: &Tree) -> Vec<Finding> {
    let index = tree.text(INDEX).unwrap_or_default();
    let mut findings = Vec::new();
    for name in tree.children(DECISIONS).filter(|name| *name != "README.md") {
        let path = format!("{DECISIONS}/{name}");
        if name.starts_with(|letter: char| letter.is_ascii_digit()) {
            findings.push(Finding::new(&path, 1, "name it by its theme, without a number"));
        }
        if !index.contains(&format!("]({name})")) {
            findings.push(Finding::new(&path, 1, format!("give it a line in {INDEX}")));
        }
    }
    let endings = ["rs", "sql", "toml", "yaml", "py"];
    let texts = endings.iter().flat_map(|ending| tree.with_extension(ending));
    for (path, text) in texts.filter(|(path, _)| *path != EXAMPLES) {
        for (number, line) in text.lines().enumerate() {
            for (start, before) in line.match_indices("docs/decisions/") {
                let rest = &line[start + before.len()..];
                let name = rest.split(".md").next().unwrap_or_default();
                let was_there = path.starts_with(MIGRATIONS) && index.contains(&format!("| `{name}` |"));
                if !was_there && !tree.has(&format!("{DECISIONS}/{name}.md")) {
                    let advice = format!("there is no {DECISIONS}/{name}.md: name the page that says it today");
                    findings.push(Finding::new(path, number + 1, advice));
                }
            }
        }
    }
    findings
}

fn check_links(tree: &Tree, path: &str, text: &str) -> Vec<Finding> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut findings = Vec::new();
    for (line, link) in links(text) {
        let (target, anchor) = link.split_once('#').unwrap_or((&link, ""));
        if target.contains(':') || target.starts_with("//") {
            continue;
        }
        let Some(resolved) = resolve(folder, target) else {
            findings.push(Finding::new(
                path,
                line,
                format!("the link {link} leaves the repository"),
            ));
            continue;
        };
        let resolved = if target.is_empty() { path.to_owned() } else { resolved };
        if !tree.has(&resolved) {
            findings.push(Finding::new(
                path,
                line,
                format!("the link {link} leads nowhere: there is no {resolved}"),
            ));
        } else if !anchor.is_empty()
            && let Some(text) = tree.text(&resolved)
            && has_extension(&resolved, "md")
            && !anchors(text).contains(anchor)
        {
            findings.push(Finding::new(
                path,
                line,
                format!("the link {link} leads nowhere: no heading makes that anchor"),
            ));
        }
    }
    findings
}

/// `../a/./b` seen from `folder`; nothing when it leaves the repository.
fn resolve(folder: &str, target: &str) -> Option<String> {
    let start = if target.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The lines of a document that are text, not code, without their `code spans`.
fn prose(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        let outside = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        (!fenced).then_some((number + 1, outside))
    })
}

/// The targets of `[text](target)` and of `[name]: target`, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        for (start, _) in line.match_indices("](") {
            let rest = &line[start + 2..];
            if let Some(end) = rest.find([')', ' ']) {
                links.push((number, rest[..end].to_owned()));
            }
        }
        if let Some((name, target)) = line.split_once("]: ")
            && name.starts_with('[')
        {
            links.extend(
                target
                    .split_whitespace()
                    .next()
                    .map(|target| (number, target.to_owned())),
            );
        }
    }
    links
}

/// The anchors of a document's headings, as the usual renderers make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if let Some(heading) = line.strip_prefix('#').filter(|_| !fenced) {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = heading
                .chars()
                .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            anchors.insert(kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect());
        }
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_somewhere() {
        let readme = "# A\n[a](docs/a.md) [b](docs/none.md)\n```\n[c](none)\n```\n`[d](none)` [e](https://example.com/x)\n\
                      [f](docs/a.md#the-host-how-it-works) [g](docs/a.md#none) [h](#a) [i](../out)\n[j]: docs/b.md";
        let tree = Tree::from([
            ("README.md", readme),
            ("docs/a.md", "## The host: how it works\n[up](../README.md) [f](..)"),
        ]);
        let found: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        let starts = [
            "README.md:2: the link docs/none.md",
            "README.md:7: the link docs/a.md#none",
            "README.md:7: the link ../out",
            "README.md:8: the link docs/b.md",
        ];
        assert_eq!(found.len(), starts.len(), "{found:#?}");
        for (found, start) in found.iter().zip(starts) {
            assert!(found.starts_with(start), "{found}");
        }
    }

    #[test]
    fn decisions_are_themes_of_the_index() {
        let tree = Tree::from([
            (INDEX, "- [lists](lists.md)\n\n| `0001-old` | [lists](lists.md) |"),
            ("docs/decisions/lists.md", ""),
            ("docs/decisions/0002-events.md", ""),
            (
                "migrations/0001_a.sql",
                "-- docs/decisions/0001-old.md.\n-- docs/decisions/0003-gone.md",
            ),
            (
                "shared/a.rs",
                "// docs/decisions/lists.md and\n// docs/decisions/0001-old.md",
            ),
        ]);
        let found: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        let starts = [
            "docs/decisions/0002-events.md:1: name it by its theme",
            "docs/decisions/0002-events.md:1: give it a line",
            "shared/a.rs:2: there is no docs/decisions/0001-old.md",
            "migrations/0001_a.sql:2: there is no docs/decisions/0003-gone.md",
        ];
        assert_eq!(found.len(), starts.len(), "{found:#?}");
        for (found, start) in found.iter().zip(starts) {
            assert!(found.starts_with(start), "{found}");
        }
    }
}
