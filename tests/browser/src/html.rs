//! Whether HTML is valid, judged by html-validate.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::tools;

/// A rule that a page breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HtmlFinding {
    /// What the page was called.
    pub page: String,
    /// Where, counted from 1.
    pub line: u64,
    /// The rule's name, such as `void-style`.
    pub rule: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for HtmlFinding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            page,
            line,
            rule,
            message,
        } = self;
        write!(formatter, "{page}:{line}: {message} ({rule})")
    }
}

/// Fails the test where one of these pages, each with a name for it, is not valid.
pub fn validate_html(pages: &[(&str, &str)]) {
    let findings: Vec<String> = check_html(pages).iter().map(ToString::to_string).collect();
    assert!(
        findings.is_empty(),
        "html-validate found what should not be:\n{}",
        findings.join("\n")
    );
}

/// What is not valid in these pages, each with a name for it. One process for all of them: it takes half a second to start.
pub fn check_html(pages: &[(&str, &str)]) -> Vec<HtmlFinding> {
    let folder = tempfile::tempdir().expect("a folder for the pages can be made");
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("html-validate.cjs");
    let mut validator = Command::new("node");
    validator
        .arg(tools::folder().join("html-validate/bin/html-validate.mjs"))
        .arg("--config")
        .arg(config)
        .args(["--formatter", "json"])
        .current_dir(folder.path())
        .stdin(Stdio::null());
    for (index, (_, html)) in pages.iter().enumerate() {
        let name = format!("{index}.html");
        fs::write(folder.path().join(&name), html).expect("a page can be written");
        validator.arg(name);
    }
    let output = validator
        .output()
        .expect("Node is installed; `cargo xtask test` does it");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        panic!("html-validate: {error}\n{said}")
    });
    let mut findings = Vec::new();
    for result in answer.as_array().into_iter().flatten() {
        let index = Path::new(result["filePath"].as_str().unwrap_or_default()).file_stem();
        let index: Option<usize> = index.and_then(|stem| stem.to_str()?.parse().ok());
        let page = index
            .and_then(|index| pages.get(index))
            .map_or("a page", |(name, _)| name);
        for message in result["messages"].as_array().into_iter().flatten() {
            let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
            findings.push(HtmlFinding {
                page: page.to_owned(),
                line: message["line"].as_u64().unwrap_or_default(),
                rule: text("ruleId"),
                message: text("message"),
            });
        }
    }
    assert!(
        output.status.success() || !findings.is_empty(),
        "html-validate: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    findings
}
