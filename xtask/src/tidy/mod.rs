//! `cargo xtask tidy`: the rules of the house that a program can check.
//!
//! Each check is a function of the repository's text ([`Tree`]), one also of what Cargo says, and returns what it found; so
//! each is tested on small inputs. What the compiler, Clippy, `cargo deny` or a test can check, they do.

mod documents;
mod manifest;
mod names;
mod options;
mod packages;
mod rust;
mod snapshots;
mod sql;
mod tree;

use std::fmt;

use anyhow::Result;

use crate::project::Project;
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
pub(crate) fn run(project: &Project) -> Result<bool> {
    let tree = Tree::read(project.root())?;
    let mut findings = packages::check(&tree, &packages::linked_with_models(project)?);
    findings.extend(rust::check(&tree));
    findings.extend(sql::check(&tree));
    findings.extend(documents::check(&tree));
    findings.extend(names::check(&tree));
    findings.extend(options::check(&tree));
    findings.extend(manifest::check(&tree));
    findings.extend(snapshots::check(&tree));
    findings.sort();
    findings.dedup();
    for finding in &findings {
        eprintln!("{finding}");
    }
    if !findings.is_empty() {
        eprintln!("{} to tidy up", findings.len());
    }
    Ok(findings.is_empty())
}
