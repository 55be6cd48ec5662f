//! Documents: decisions are numbered, and links lead somewhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::Finding;
use crate::tidy::tree::{Tree, has_extension};

const DECISIONS: &str = "docs/decisions";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = check_decisions(tree);
    for (path, text) in tree.with_extension("md") {
        if path == "README.md" || path.starts_with("docs/") {
            findings.extend(check_links(tree, path, text));
        }
    }
    findings
}

fn check_decisions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    for name in tree
        .children(DECISIONS)
        .filter(|name| has_extension(name, "md") && *name != "README.md")
    {
        let path = format!("{DECISIONS}/{name}");
        let number = name.split_once('-').map(|(number, _)| number);
        match number.filter(|number| number.len() == 4 && number.bytes().all(|digit| digit.is_ascii_digit())) {
            None => findings.push(Finding::new(
                path,
                1,
                "name it NNNN-what-was-decided.md, with a number of its own",
            )),
            Some(number) => {
                if let Some(other) = numbers.insert(number, name) {
                    findings.push(Finding::new(
                        path,
                        1,
                        format!("{other} has the same number: take another"),
                    ));
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
    fn decisions_have_numbers_of_their_own() {
        let tree = Tree::from([
            ("docs/decisions/0001-a.md", ""),
            ("docs/decisions/0001-b.md", ""),
            ("docs/decisions/0003-c.md", ""),
            ("docs/decisions/d.md", ""),
        ]);
        let found: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(
            found[0].starts_with("docs/decisions/0001-b.md:1: 0001-a.md has the same number"),
            "{found:#?}"
        );
        assert!(found[1].starts_with("docs/decisions/d.md:1: name it"), "{found:#?}");
    }
}
