//! What changed of a run, and when: each change is told by what is different after it.

use runledger_models::Timestamp;
use runledger_store::pages::run::Change;

use crate::format::{Percentage, short_id};

/// A change as it is shown.
pub(super) struct ChangeView {
    pub(super) at: Timestamp,
    /// The beginning of the node's id, and the whole of it.
    pub(super) node: Option<(String, String)>,
    /// The status, where it is new.
    pub(super) status: Option<String>,
    /// What else is.
    pub(super) words: Vec<String>,
}

/// The changes, newest first, as they were told.
pub(super) fn views(changes: &[Change], shows_scores: bool) -> Vec<ChangeView> {
    let mut views = Vec::with_capacity(changes.len());
    for (place, change) in changes.iter().enumerate() {
        let before = changes[place + 1..]
            .iter()
            .find(|earlier| earlier.node_exec_id == change.node_exec_id);
        views.push(view(change, before, shows_scores));
    }
    views
}

fn view(change: &Change, before: Option<&Change>, shows_scores: bool) -> ChangeView {
    let mut words = Vec::new();
    let mut status = Some(change.status.as_str().to_owned());
    if let Some(before) = before {
        let mut note = |is_noted: bool, word: &str| {
            if is_noted {
                words.push(word.to_owned());
            }
        };
        note(change.is_deleted && !before.is_deleted, "deleted");
        note(!change.is_deleted && before.is_deleted, "restored");
        let (is_shared, was_shared) = (change.is_shared == Some(true), before.is_shared == Some(true));
        note(is_shared && !was_shared, "shared by a link");
        note(!is_shared && was_shared, "link revoked");
        if let Some(score) = change
            .score
            .filter(|score| shows_scores && before.score != Some(*score))
        {
            words.push(format!("scored {}", Percentage(score)));
        }
        if change.status == before.status {
            status = None;
            if words.is_empty() {
                words.push("changed".to_owned());
            }
        }
    }
    ChangeView {
        at: change.at,
        node: change.node_exec_id.as_deref().map(|id| {
            (
                short_id(change.node_id.as_deref().unwrap_or(id)).to_owned(),
                id.to_owned(),
            )
        }),
        status,
        words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(node: Option<&str>, status: &str, is_shared: bool, score: Option<f64>) -> Change {
        let json = serde_json::json!({
            "at": "2026-01-02T03:04:05.678Z", "node_exec_id": node, "node_id": node, "status": status,
            "is_deleted": false, "is_shared": is_shared, "score": score,
        });
        serde_json::from_str(&json.to_string()).unwrap()
    }

    #[test]
    fn a_change_is_told_by_what_is_new() {
        let changes = [
            change(None, "COMPLETED", true, Some(0.84)),
            change(None, "COMPLETED", true, None),
            change(None, "COMPLETED", false, None),
            change(Some("node-1"), "COMPLETED", false, None),
            change(None, "RUNNING", false, None),
        ];
        let told = |shows_scores| -> Vec<_> {
            views(&changes, shows_scores)
                .into_iter()
                .map(|view| (view.status, view.words.join(" ")))
                .collect()
        };
        let done = Some("COMPLETED".to_owned());
        let expected = [
            (None, "scored 84 %".to_owned()),
            (None, "shared by a link".to_owned()),
            (done.clone(), String::new()),
            (done, String::new()),
            (Some("RUNNING".to_owned()), String::new()),
        ];
        assert_eq!(told(true), expected);
        assert_eq!(told(false)[0].1, "changed");
    }
}
