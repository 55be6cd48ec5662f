//! Each statement's whole text stands in a file of `shared/store/statements`, as it is sent. `cargo xtask statements` writes
//! them.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use crate::catalogue::{self, Entry};

/// Set by `cargo xtask statements`: the files are written, not compared.
const WRITE: &str = "RUNLEDGER_WRITE_STATEMENTS";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a statement's file holds.
fn file(entry: &Entry) -> String {
    let head = format!("-- {}", entry.name);
    let reason = |(table, why): &(&str, &str)| format!("-- Reads all of \"{table}\": {why}.");
    let lines: Vec<String> = [head].into_iter().chain(entry.scans.iter().map(reason)).collect();
    format!("{}\n{}\n", lines.join("\n"), entry.statement.text().trim_end())
}

/// The files below a folder with this ending, by their path below it.
fn files(folder: &Path, extension: &str) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let text = fs::read_to_string(&path).unwrap();
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), text);
            }
        }
    }
    found
}

#[test]
fn every_statement_is_pinned() {
    let folder = root().join("statements");
    let expected: BTreeMap<PathBuf, String> = catalogue::entries()
        .iter()
        .map(|entry| (PathBuf::from(format!("{}.sql", entry.name)), file(entry)))
        .collect();
    if env::var_os(WRITE).is_some() {
        let _ = fs::remove_dir_all(&folder);
        for (path, text) in &expected {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let pinned = files(&folder, "sql");
    for (path, text) in &expected {
        let same = pinned.get(path) == Some(text);
        assert!(same, "{} is not as it is sent: cargo xtask statements", path.display());
    }
    for path in pinned.keys() {
        let known = expected.contains_key(path);
        assert!(known, "{} is sent no more: cargo xtask statements", path.display());
    }
}

/// The functions of the store that make statements, as `module/function`.
fn makers() -> Vec<String> {
    let mut makers = Vec::new();
    for (path, source) in files(&root().join("src"), "rs") {
        let module = path.iter().next().unwrap().to_str().unwrap().to_owned();
        let mut rest = source.as_str();
        while let Some((_, after)) = rest.split_once("pub fn ") {
            rest = after;
            let (signature, _) = after.split_once('{').unwrap();
            let marks = ["-> Read<", "-> Write<", "-> Result<Write<", "-> Option<Write<"];
            let is_of_module = path.components().count() > 1;
            if is_of_module && marks.iter().any(|mark| signature.contains(mark)) {
                let (name, _) = signature.split_once(['(', '<']).unwrap();
                // Methods of a runner's share of a job.
                let work = if signature.contains("self") || signature.contains("Option<Self>") {
                    "work_"
                } else {
                    ""
                };
                makers.push(format!("{module}/{work}{name}"));
            }
        }
    }
    makers
}

#[test]
fn no_statement_is_forgotten() {
    let entries = catalogue::entries();
    let makers = makers();
    assert!(makers.len() > 60, "{makers:?}");
    for maker in makers {
        let has = |entry: &Entry| entry.name == maker || entry.name.starts_with(&format!("{maker}_"));
        assert!(entries.iter().any(has), "{maker} is in no entry of the catalogue");
    }
    // A file is a whole statement, or a list, in which a filter's predicates stand where the file says so.
    for (path, statement) in files(&root().join("src"), "sql") {
        let parts: Vec<&str> = statement.trim_end().split("-- and the filter").collect();
        let is_sent = entries.iter().any(|entry| {
            let text = entry.statement.text().trim_end();
            let (first, last) = (parts[0], parts[parts.len() - 1]);
            if parts.len() == 1 {
                text == first
            } else {
                text.starts_with(first.trim_end()) && text.ends_with(last.trim_start())
            }
        });
        assert!(is_sent, "{} is in no entry of the catalogue", path.display());
    }
}

/// What two statements do alike, each in its own file, so that a file is a statement.
#[test]
fn what_is_written_twice_is_the_same() {
    // A step of a statement. A capture has a gate before it.
    let step = |path: &str, name: &str| {
        let text = fs::read_to_string(root().join("src").join(path)).unwrap();
        let (_, rest) = text.split_once(name).unwrap_or_else(|| panic!("{name} in {path}"));
        let (step, _) = rest.split_once("\n)").unwrap();
        step.replace("FROM account, gate", "FROM account")
    };
    for (one, other, name) in [
        ("credits/spend.sql", "credits/capture.sql", "spent AS ("),
        ("credits/spend.sql", "credits/capture.sql", "written AS ("),
        ("nodes/change.sql", "nodes/change_many.sql", "changed AS ("),
        ("monitors/frequent_graphs.sql", "jobs/scan.sql", "finished AS ("),
        ("monitors/frequent_graphs.sql", "jobs/scan.sql", "frequent AS ("),
        ("monitors/late.sql", "pages/attention.sql", "late AS ("),
    ] {
        assert_eq!(step(one, name), step(other, name), "{name} of {one} and of {other}");
    }
}
