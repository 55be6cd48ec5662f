//! The accessibility of a page, judged by axe-core.

use std::fmt;
use std::fs;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::media::{Media, Scheme};
use crate::tools;

/// WCAG 2.2 at level AA, and what axe's authors advise besides.
const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const RUN: &str = "
const [options, done] = arguments;
axe.run(document, options).then(
    found => done(found.violations.map(rule => ({
        rule: rule.id, impact: rule.impact, help: rule.help,
        places: rule.nodes.map(node => ({
            selector: node.target.flat().join(' '), html: node.html, summary: node.failureSummary,
        })),
    }))),
    error => done(String(error)),
);";

/// A rule that a page breaks somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AxeFinding {
    /// The rule's name, such as `image-alt`.
    pub rule: String,
    /// The colour scheme in which it is broken.
    pub scheme: Scheme,
    /// A CSS selector of the place.
    pub selector: String,
    /// What the rule asks for, how grave it is, and how the place can be put right.
    pub help: String,
}

impl fmt::Display for AxeFinding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.name();
        write!(
            formatter,
            "{} ({scheme}) at {}: {}",
            self.rule, self.selector, self.help
        )
    }
}

impl Browser {
    /// Fails the test where the page that is shown breaks a rule of accessibility, in either colour scheme.
    pub async fn axe(&self) {
        let findings = self.axe_findings().await;
        if !findings.is_empty() {
            let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
            self.fail(&format!("axe found what should not be:\n{}", findings.join("\n")))
                .await;
        }
    }

    /// The rules of accessibility that the page that is shown breaks, in either colour scheme.
    pub async fn axe_findings(&self) -> Vec<AxeFinding> {
        let file = tools::folder().join("axe-core/axe.min.js");
        let axe = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.evaluate(&axe).await;
        let before = self.media();
        let mut findings = Vec::new();
        for scheme in [Scheme::Light, Scheme::Dark] {
            // What moves from one colour to another would be looked at on its way.
            self.emulate(Media {
                scheme,
                reduced_motion: true,
                print: false,
            })
            .await;
            self.settle().await;
            // A rule that is off unless it is named.
            let options = json!({
                "runOnly": { "type": "tag", "values": TAGS },
                "rules": { "target-size": { "enabled": true } },
                "resultTypes": ["violations"],
            });
            match self.evaluate_async(RUN, vec![options]).await {
                Value::Array(rules) => findings.extend(rules.iter().flat_map(|rule| broken(rule, scheme))),
                other => self.fail(&format!("axe says {other}")).await,
            }
        }
        self.emulate(before).await;
        findings
    }
}

fn broken(rule: &Value, scheme: Scheme) -> impl Iterator<Item = AxeFinding> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let places = rule["places"].as_array().into_iter().flatten();
    places.map(move |place| AxeFinding {
        rule: text(&rule["rule"]),
        scheme,
        selector: text(&place["selector"]),
        help: format!(
            "{} ({})\n    {}\n    {}",
            text(&rule["help"]),
            text(&rule["impact"]),
            text(&place["html"]),
            text(&place["summary"]).replace('\n', "\n    ")
        ),
    })
}
