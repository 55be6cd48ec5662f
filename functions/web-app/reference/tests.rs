//! What has to hold of every page that is made.

use std::collections::BTreeSet;
use std::process::Command;

use super::*;

fn description() -> Value {
    serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap()
}

/// The texts between two marks.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> Vec<&'t str> {
    let parts = text.split(begin).skip(1);
    parts.map(|part| part.split_once(end).unwrap().0).collect()
}

/// The text of HTML.
fn unescaped(html: &str) -> String {
    let marked = html.replace("<mark>", "").replace("</mark>", "");
    [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ]
    .iter()
    .fold(marked, |text, (entity, letter)| text.replace(entity, letter))
}

#[test]
fn every_page_is_small_and_no_id_is_there_twice_and_no_link_leads_nowhere() {
    let pages = pages(&description()).unwrap();
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for page in &pages {
        assert!(!page.title.is_empty(), "{}", page.path);
        assert!(page.html.len() < 300_000, "{} has {} bytes", page.path, page.html.len());
        ids.insert(page.path.clone());
        for id in between(&page.html, " id=\"", "\"") {
            assert!(
                ids.insert(format!("{}#{id}", page.path)),
                "{}#{id} is there twice",
                page.path
            );
        }
    }
    for page in &pages {
        for link in between(&page.html, " href=\"", "\"") {
            let link = if link.starts_with('#') {
                format!("{}{link}", page.path)
            } else {
                link.to_owned()
            };
            assert!(
                ids.contains(&link) || link == "/api/openapi.json",
                "{} leads to {link}",
                page.path
            );
        }
    }
}

#[test]
fn every_operation_is_on_one_page_with_a_command_that_a_shell_understands() {
    let description = description();
    let pages = pages(&description).unwrap();
    let html: String = pages.iter().map(|page| page.html.as_str()).collect();
    let commands: Vec<String> = between(&html, "<pre class=\"curl\">", "</pre>")
        .into_iter()
        .map(unescaped)
        .collect();
    // Two stand in the introduction.
    assert_eq!(commands.len(), operations_of(&description).count() + 2);
    for command in &commands {
        let status = Command::new("sh").args(["-n", "-c", command]).status().unwrap();
        assert!(status.success(), "{command}");
    }
}

#[test]
fn the_body_of_a_command_fits_the_operation() {
    let description = description();
    let schemas = Schemas::new(&description);
    for (path, method, operation) in operations_of(&description) {
        let parts = curl::command(path, method, operation);
        let command: String = parts.into_iter().map(|part| part.text).collect();
        let Some(schema) =
            curl::body(operation).map(|(media, _)| &operation["requestBody"]["content"][media]["schema"])
        else {
            assert!(!command.contains(" -d "), "{command}");
            continue;
        };
        let word = command.split_once(" -d '").unwrap().1.strip_suffix('\'').unwrap();
        let body: Value = serde_json::from_str(&word.replace(r"'\''", "'")).unwrap();
        for field in schemas.body(schema) {
            let at = format!(
                "/{}",
                field.within.replace("[].", "/0/").replace('.', "/").trim_matches('/')
            );
            let Some(around) = body.pointer(at.trim_end_matches('/')) else {
                continue;
            };
            let is_there = around.get(&field.name).is_some_and(|value| !value.is_null());
            assert!(
                is_there || !field.is_required || around.is_null(),
                "{path}: {at}/{}",
                field.name
            );
        }
    }
}

#[test]
fn nothing_of_a_path_is_left_to_fill_in() {
    let description = description();
    for (path, method, operation) in operations_of(&description) {
        let parts = curl::command(path, method, operation);
        let examples = parts.iter().filter(|part| part.is_example).count();
        assert!(examples >= path.matches('{').count(), "{path}");
        let command: String = parts.into_iter().map(|part| part.text).collect();
        let address = between(&command, &format!("'{BASE}"), "'")[0];
        assert!(!address.contains(['{', '}', ' ']), "{address}");
    }
}
