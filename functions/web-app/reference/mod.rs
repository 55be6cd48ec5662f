//! What the build script makes of the API's description: the pages of the reference, and those that explain problems. They
//! are made here and not when they are asked for, so that the component carries no description to read and no code for it.

mod curl;
mod example;
mod operation;
mod problems;
mod schema;

use std::error::Error;

use askama::Template;
use serde_json::Value;

pub(crate) use self::curl::BASE;
use self::{
    operation::Operation,
    problems::{EXCEPTIONS, Exception, HOST_PROBLEMS, HostProblem, PROBLEMS, Problem},
    schema::{Schemas, Shape},
};

/// A page, without what surrounds every page.
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) title: String,
    pub(crate) html: String,
}

/// Operations that belong together: those of one function.
struct Group {
    /// Its name in the description, and in its page's path.
    tag: &'static str,
    title: &'static str,
    about: &'static str,
    operations: Vec<Operation>,
    /// The objects that these are about.
    shapes: Vec<Shape>,
}

/// What the groups are called, in the order in which they are of interest, and what they are about.
const GROUPS: [(&str, &str, &str); 11] = [
    (
        "executions",
        "Executions, graphs, blocks",
        "Runs of graphs: create, import, read, list, move, stop, delete. And the graphs and blocks that they are runs of.",
    ),
    (
        "nodes",
        "Nodes",
        "What happens inside a run: inputs, outputs and statuses of its nodes, its queue, and data that nodes keep from run to run.",
    ),
    (
        "events",
        "Events",
        "Every change of a run or of one of its nodes, as it happens, as server-sent events.",
    ),
    (
        "share",
        "Share links",
        "Links that show the result of a run to whoever has them.",
    ),
    (
        "summary",
        "Summary",
        "How many runs there were, how they ended, what they cost and how long they took.",
    ),
    (
        "credits",
        "Credits",
        "What users pay with: balances, spending, holds, and proof that everything adds up. Amounts are whole cents.",
    ),
    (
        "analytics",
        "Scoring",
        "A language model's judgement of finished runs, and the jobs that ask for it.",
    ),
    (
        "trends",
        "Trends and monitors",
        "How the accuracy of graphs goes, and what operators watch: alerts, late runs, failing blocks.",
    ),
    (
        "jobs",
        "Scheduled jobs",
        "The ledger's own scheduled work, for whoever keeps the time.",
    ),
    (
        "data-service",
        "Data service",
        "The methods that the platform's own client calls, under the same names, with the same arguments and answers. A call that fails raises an exception.",
    ),
    (
        "system",
        "System",
        "The application's health, its numbers, and the description of this API.",
    ),
];

#[derive(Template)]
#[template(path = "reference/index.html")]
struct Index<'a> {
    groups: &'a [Group],
    base: &'static str,
}

#[derive(Template)]
#[template(path = "reference/group.html")]
struct GroupPage<'a> {
    groups: &'a [Group],
    group: &'a Group,
    exceptions: &'static [Exception],
}

#[derive(Template)]
#[template(path = "reference/problems.html")]
struct ProblemList {
    problems: &'static [Problem],
    host: &'static [HostProblem],
}

#[derive(Template)]
#[template(path = "reference/problem.html")]
struct ProblemPage {
    problem: &'static Problem,
}

/// Every page that is made of this description.
pub(crate) fn pages(description: &Value) -> Result<Vec<Page>, Box<dyn Error>> {
    let groups = groups(description)?;
    let mut pages = vec![
        page(
            "/api/docs",
            "API reference",
            &Index {
                groups: &groups,
                base: BASE,
            },
        )?,
        page(
            "/problems",
            "Problems",
            &ProblemList {
                problems: &PROBLEMS,
                host: &HOST_PROBLEMS,
            },
        )?,
    ];
    for group in &groups {
        let exceptions: &[Exception] = if group.tag == "data-service" { &EXCEPTIONS } else { &[] };
        let path = format!("/api/docs/{}", group.tag);
        let title = format!("{} · API reference", group.title);
        pages.push(page(
            &path,
            &title,
            &GroupPage {
                groups: &groups,
                group,
                exceptions,
            },
        )?);
    }
    for problem in &PROBLEMS {
        let path = format!("/problems/{}", problem.name);
        pages.push(page(&path, problem.title, &ProblemPage { problem })?);
    }
    Ok(pages)
}

fn page(path: &str, title: &str, template: &impl Template) -> Result<Page, Box<dyn Error>> {
    Ok(Page {
        path: path.to_owned(),
        title: title.to_owned(),
        html: template.render()?,
    })
}

/// The groups, each with its operations.
fn groups(description: &Value) -> Result<Vec<Group>, Box<dyn Error>> {
    let mut groups = Vec::new();
    for (tag, title, about) in GROUPS {
        let schemas = Schemas::new(description);
        let mut operations = Vec::new();
        for (path, method, operation) in operations_of(description) {
            if operation["tags"][0] == tag {
                let told = Operation::new(path, method, operation, description);
                operations.push(told.with(operation, description, &schemas));
            }
        }
        let own = format!("/api/{tag}");
        operations.sort_by_cached_key(|operation| {
            let is_others = !operation.path.starts_with(&own);
            (is_others, operation.path.clone(), operation::rank(&operation.method))
        });
        groups.push(Group {
            tag,
            title,
            about,
            operations,
            shapes: schemas.shapes(),
        });
    }
    let is_told = |tag: &Value| GROUPS.iter().any(|(known, ..)| tag == known);
    match operations_of(description).find(|(_, _, operation)| !is_told(&operation["tags"][0])) {
        Some((path, ..)) => Err(format!("{path} belongs to no group of the reference: add one to GROUPS").into()),
        None => Ok(groups),
    }
}

/// Every operation, with its path and method.
fn operations_of(description: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let paths = description["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path, method, operation))
    });
    all.filter(|(_, _, operation)| operation["responses"].is_object())
}

#[cfg(test)]
mod tests;
