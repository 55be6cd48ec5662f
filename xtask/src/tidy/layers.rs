//! Who may use what: models do no I/O, HTTP is for `web` and the functions, functions do not know each other.

use crate::tidy::Finding;
use crate::tidy::graph::Graph;
use crate::tidy::rust::{Kind, Source, Token};

/// Crates that `models` may not be linked with, besides Spin's.
const IO_CRATES: [&str; 6] = ["hyper", "mio", "redis", "reqwest", "tokio", "tokio-postgres"];

/// Besides the functions and what they share for it, the component that tests the host.
const MAY_SPEAK_HTTP: [&str; 4] = ["functions/", "shared/web/", "shared/llm/", "local/guest/"];

/// Modules of the standard library that do I/O.
const IO_MODULES: [&str; 5] = ["env", "fs", "net", "process", "thread"];

/// Looks at the paths that a file names.
pub(crate) fn check_source(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let may_speak_http = MAY_SPEAK_HTTP.iter().any(|folder| source.path.starts_with(folder));
    let is_model = source.path.starts_with("shared/models/src/");
    for window in source.windows() {
        let [first, ..] = window else { continue };
        if !may_speak_http && heads_of(window, "spin_sdk").any(|name| name == "http") {
            let advice =
                "only shared/web, shared/llm and the functions know HTTP: take or return a type of shared/models";
            findings.push(Finding::new(source.path, first.line, advice));
        }
        if is_model && !first.test && heads_of(window, "std").any(|name| IO_MODULES.contains(&name)) {
            let advice = "models do no I/O: take what is read as an argument";
            findings.push(Finding::new(source.path, first.line, advice));
        }
    }
    findings
}

/// Of a path `root::a`, or of a list `root::{a::b, c}`, the names right after the root; of anything else nothing.
fn heads_of<'a>(window: &'a [Token], root: &str) -> impl Iterator<Item = &'a str> {
    let mut heads = Vec::new();
    if let [first, colon, colon_again, rest @ ..] = window
        && first.is_ident(root)
        && colon.is_punct(':')
        && colon_again.is_punct(':')
    {
        match rest {
            [
                Token {
                    kind: Kind::Ident(name),
                    ..
                },
                ..,
            ] => heads.push(name.as_str()),
            [
                Token {
                    kind: Kind::Open('{'), ..
                },
                list @ ..,
            ] => {
                let mut depth = 1;
                let mut starts = true;
                for token in list {
                    match &token.kind {
                        Kind::Open(_) => depth += 1,
                        Kind::Close => depth -= 1,
                        Kind::Ident(name) if depth == 1 && starts => heads.push(name.as_str()),
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                    starts = token.is_punct(',') && depth == 1;
                }
            }
            _ => {}
        }
    }
    heads.into_iter()
}

/// Looks at what depends on what.
pub(crate) fn check_graph(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_function = |folder: &str| folder.starts_with("functions/");
    let functions: Vec<&str> = graph
        .members()
        .iter()
        .filter(|member| is_function(&member.folder))
        .map(|member| member.name.as_str())
        .collect();
    for member in graph.members() {
        let manifest = format!("{}/Cargo.toml", member.folder);
        if is_function(&member.folder) || member.folder.starts_with("shared/") {
            for other in member
                .dependencies
                .iter()
                .filter(|name| functions.contains(&name.as_str()))
            {
                let advice = format!("do not depend on {other}: what functions share lies in shared/");
                findings.push(Finding::new(&manifest, 1, advice));
            }
        }
        if member.folder == "shared/models" {
            let linked = graph.linked_with(member);
            for name in linked
                .into_iter()
                .filter(|name| name.starts_with("spin-") || IO_CRATES.contains(name))
            {
                let advice = format!("models do no I/O, but depend on {name}: leave it out, or switch its feature off");
                findings.push(Finding::new(&manifest, 1, advice));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn check_lines(path: &str, text: &str, lines: &[usize]) {
        let found = check_source(&Source::parse(path, text).unwrap());
        let found: Vec<usize> = found.into_iter().map(|finding| finding.line).collect();
        assert_eq!(found, lines, "{path}: {text}");
    }

    #[test]
    fn http_is_for_web_and_the_functions() {
        let text = "//! A.\nuse spin_sdk::http::Request;\nuse spin_sdk::{pg, http::{self}};\nuse spin_sdk::pg::http;";
        check_lines("shared/store/src/lib.rs", text, &[2, 3]);
        check_lines("shared/web/src/lib.rs", text, &[]);
        check_lines("functions/a/src/lib.rs", text, &[]);
    }

    #[test]
    fn models_do_no_io() {
        let text =
            "//! A.\nuse std::fs;\nfn a() { std::env::var(\"A\"); }\nuse std::{fmt, net::TcpStream};\nuse std::fmt;";
        check_lines("shared/models/src/lib.rs", text, &[2, 3, 4]);
        check_lines("shared/store/src/lib.rs", text, &[]);
    }

    fn package(id: &str, folder: &str, dependencies: &[&str]) -> serde_json::Value {
        let dependencies: Vec<_> = dependencies
            .iter()
            .map(|name| serde_json::json!({ "name": name }))
            .collect();
        serde_json::json!({
            "id": id, "name": id, "manifest_path": format!("/repo/{folder}/Cargo.toml"), "dependencies": dependencies,
        })
    }

    fn node(id: &str, linked: &[&str]) -> serde_json::Value {
        let deps: Vec<_> = linked
            .iter()
            .map(|pkg| serde_json::json!({ "pkg": pkg, "dep_kinds": [{ "kind": null }] }))
            .collect();
        serde_json::json!({ "id": id, "deps": deps })
    }

    #[test]
    fn dependencies_go_one_way() {
        let metadata = serde_json::json!({
            "packages": [
                package("a", "functions/a", &["b", "models"]),
                package("b", "functions/b", &["models"]),
                package("models", "shared/models", &["helper"]),
                package("helper", "../registry/helper", &["spin-sdk"]),
                package("spin-sdk", "../registry/spin-sdk", &[]),
            ],
            "resolve": { "nodes": [
                node("a", &["b", "models"]), node("b", &["models"]), node("models", &["helper"]),
                node("helper", &["spin-sdk"]), node("spin-sdk", &[]),
            ] },
            "workspace_members": ["a", "b", "models"],
        });
        let graph = Graph::parse(&metadata.to_string(), Path::new("/repo")).unwrap();
        let found: Vec<String> = check_graph(&graph).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].starts_with("functions/a/Cargo.toml:1: do not depend on b"),
            "{found:?}"
        );
        assert!(
            found[1].starts_with("shared/models/Cargo.toml:1: models do no I/O, but depend on spin-sdk"),
            "{found:?}"
        );
    }
}
