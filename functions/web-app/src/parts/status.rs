//! A status by colour, shape and word.

use askama::{Template, filters::HtmlSafe};
use runledger_models::ExecutionStatus;

/// The status of a run or of a node's run. One that only the platform knows is shown as it is called.
#[derive(Debug, Template)]
#[template(path = "parts/status.html")]
pub(crate) struct StatusChip<'a>(pub(crate) &'a str);

impl HtmlSafe for StatusChip<'_> {}

impl StatusChip<'_> {
    fn known(&self) -> Option<ExecutionStatus> {
        ExecutionStatus::parse(self.0)
    }

    /// The name of its colour and shape.
    pub(crate) fn class(&self) -> &'static str {
        match self.known() {
            Some(ExecutionStatus::Incomplete) => "incomplete",
            Some(ExecutionStatus::Queued) => "queued",
            Some(ExecutionStatus::Running) => "running",
            Some(ExecutionStatus::Completed) => "done",
            Some(ExecutionStatus::Terminated) => "stopped",
            Some(ExecutionStatus::Failed) => "failed",
            Some(ExecutionStatus::Review) => "review",
            None => "other",
        }
    }

    /// What people call it.
    pub(crate) fn word(&self) -> &str {
        match self.known() {
            Some(ExecutionStatus::Incomplete) => "Incomplete",
            Some(ExecutionStatus::Queued) => "Queued",
            Some(ExecutionStatus::Running) => "Running",
            Some(ExecutionStatus::Completed) => "Done",
            Some(ExecutionStatus::Terminated) => "Stopped",
            Some(ExecutionStatus::Failed) => "Failed",
            Some(ExecutionStatus::Review) => "In review",
            None => self.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_told_by_a_word_and_a_shape_and_never_as_markup() {
        assert!(StatusChip("COMPLETED").to_string().contains("#done"));
        let unknown = StatusChip("<b>").to_string();
        assert!(!unknown.contains("<b>") && unknown.contains("#other"), "{unknown}");
    }
}
