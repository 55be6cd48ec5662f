//! `cargo xtask openapi`: keeps the API's description, and the page on the data service's methods, in the repository,
//! where their changes are seen in a review.

use std::process::Command;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::project::Project;
use crate::run::output;
use crate::setup::build;

/// The files, and what the program that makes them is asked for.
const FILES: [(&str, &[&str]); 2] = [("docs/openapi.json", &[]), ("docs/DATA-SERVICE.md", &["methods"])];

#[derive(Debug, Args)]
pub(crate) struct Openapi {
    /// Only compare: fail if a file is out of date.
    #[arg(long)]
    check: bool,
}

impl Openapi {
    pub(crate) fn run(self, project: &Project) -> Result<bool> {
        build::programs(project, "the API's description", &["--bin", "runledger-openapi"])?;
        let mut same = true;
        for (file, arguments) in FILES {
            same &= self.keep(project, file, arguments)?;
        }
        Ok(same)
    }

    /// Writes a file, or tells whether it is what the code says.
    fn keep(&self, project: &Project, file: &str, arguments: &[&str]) -> Result<bool> {
        let program = project.target().join("debug/runledger-openapi");
        let mut current = output(Command::new(program).args(arguments).current_dir(project.root()))?;
        if !current.ends_with('\n') {
            current.push('\n');
        }
        let path = project.root().join(file);
        if !self.check {
            std::fs::write(&path, current).with_context(|| format!("write {}", path.display()))?;
            return Ok(true);
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        let Some(difference) = first_difference(&stored, &current) else {
            return Ok(true);
        };
        eprintln!("{file}:{difference}");
        eprintln!("{file} is not what the code says: run `cargo xtask openapi` and look at `git diff {file}`");
        Ok(false)
    }
}

/// The first line in which two texts differ, and both its versions.
fn first_difference(stored: &str, current: &str) -> Option<String> {
    if stored == current {
        return None;
    }
    let (mut stored, mut current) = (stored.lines(), current.lines());
    for number in 1.. {
        match (stored.next(), current.next()) {
            (None, None) => break,
            (stored, current) if stored == current => {}
            (stored, current) => {
                let stored = stored.unwrap_or("(the end)").trim();
                let current = current.unwrap_or("(the end)").trim();
                return Some(format!("{number}: the file has `{stored}`, the code says `{current}`"));
            }
        }
    }
    Some("1: only the line ends differ".to_owned())
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn the_first_differing_line_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        let check = |stored: &str, current: &str, start: &str| {
            let difference = first_difference(stored, current).unwrap();
            assert!(difference.starts_with(start), "{difference}");
        };
        check("a\nb\n", "a\n c\n", "2: the file has `b`, the code says `c`");
        check("", "a\n", "1: the file has `(the end)`");
        check("a\nb\n", "a\n", "2: the file has `b`, the code says `(the end)`");
        check("a\r\n", "a\n", "1: only the line ends");
    }
}
