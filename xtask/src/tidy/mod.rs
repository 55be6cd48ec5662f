//! `cargo xtask tidy`: the rules of the house that a program can check.
//!
//! Each check is a function of the repository's text ([`Tree`]), of Cargo's own view of it ([`Graph`]), or of both, and
//! returns what it found; so each is tested on small inputs.

mod documents;
mod graph;
mod layers;
mod manifest;
mod migrations;
mod rust;
mod snapshots;
mod sql;
mod style;
mod tree;

use std::fmt;
use std::process::ExitCode;

use anyhow::Result;

use crate::project::Project;
use crate::run::{cargo, output};
use crate::tidy::graph::Graph;
use crate::tidy::rust::Source;
use crate::tidy::tree::Tree;

/// A place that breaks a rule, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    file: String,
    line: usize,
    advice: String,
}

impl Finding {
    fn new(file: impl Into<String>, line: usize, advice: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line,
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.advice)
    }
}

/// Checks everything and prints what there is to do.
pub(crate) fn run(project: &Project) -> Result<ExitCode> {
    let tree = Tree::read(project.root())?;
    let metadata = output(&mut cargo(project, &["metadata", "--format-version", "1"]))?;
    let graph = Graph::parse(&metadata, project.root())?;
    let findings = check(&tree, &graph);
    for finding in &findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{} to tidy up", findings.len());
    Ok(ExitCode::FAILURE)
}

fn check(tree: &Tree, graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut sources = Vec::new();
    for (path, text) in tree.with_extension("rs") {
        match Source::parse(path, text) {
            Ok(source) => sources.push(source),
            Err(finding) => findings.push(finding),
        }
    }
    for source in &sources {
        findings.extend(style::check(source));
        findings.extend(layers::check_source(source));
        findings.extend(sql::check_source(source));
    }
    findings.extend(sql::check_files(tree));
    findings.extend(layers::check_graph(graph));
    findings.extend(migrations::check(tree, &sources));
    findings.extend(documents::check(tree));
    findings.extend(manifest::check(tree));
    findings.extend(snapshots::check(tree));
    findings.sort();
    findings.dedup();
    findings
}
