//! The state machine of graph and node executions (seed `data/execution.py`, `VALID_STATUS_TRANSITIONS`).

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::{
    Fault,
    stored::{PlatformEnum, Stored},
};

/// Where a record stands, which may be a status that only a later platform knows: no rule moves a record out of it.
pub type StoredStatus = Stored<ExecutionStatus>;

/// Where a graph or node execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ExecutionStatus {
    /// Created, not all of its inputs have arrived. Only creation sets it.
    Incomplete,
    /// Waits for an executor.
    Queued,
    /// An executor works on it.
    Running,
    /// Finished as planned.
    Completed,
    /// Stopped by its owner or the platform; may be queued or run again.
    Terminated,
    /// Finished with an error.
    Failed,
    /// Waits for a person's decision.
    Review,
}

impl ExecutionStatus {
    /// Every status, in the order of the database's enum.
    pub const ALL: [Self; 7] = [
        Self::Incomplete,
        Self::Queued,
        Self::Running,
        Self::Completed,
        Self::Terminated,
        Self::Failed,
        Self::Review,
    ];

    /// The statuses from which a record may move to this one. Empty for INCOMPLETE, which is set only at creation.
    pub const fn allowed_from(self) -> &'static [Self] {
        use ExecutionStatus::{Incomplete, Queued, Review, Running, Terminated};
        match self {
            Self::Incomplete => &[],
            Self::Queued => &[Incomplete, Terminated, Review],
            Self::Running => &[Incomplete, Queued, Terminated, Review],
            Self::Completed | Self::Review => &[Running],
            Self::Failed | Self::Terminated => &[Incomplete, Queued, Running, Review],
        }
    }

    /// Refuses a status that no record moves to, as the member `status` of a request.
    pub fn check_target(self) -> Result<(), Fault> {
        if self.allowed_from().is_empty() {
            return Err(Fault::new("/status", "is a status that only creation sets"));
        }
        Ok(())
    }

    /// Whether a record may move from `self` to `to`. Staying where it is counts as no move.
    pub fn may_become(self, to: Self) -> bool {
        to.allowed_from().contains(&self)
    }

    /// COMPLETED, FAILED and TERMINATED end a record's life and give it an end time.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Terminated)
    }

    /// The name that the database and the API use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "INCOMPLETE",
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Terminated => "TERMINATED",
            Self::Failed => "FAILED",
            Self::Review => "REVIEW",
        }
    }

    /// The status of this name; names are upper case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

impl PlatformEnum for ExecutionStatus {
    const STORED: &'static str = "StoredStatus";
    const KNOWN: &'static [Self] = &Self::ALL;

    fn as_str(self) -> &'static str {
        Self::as_str(self)
    }
}

/// The schema of a status that a record may be moved to: all but INCOMPLETE, which only creation sets.
#[derive(Debug)]
pub struct MovedTo;

impl PartialSchema for MovedTo {
    fn schema() -> RefOr<Schema> {
        let statuses = ExecutionStatus::ALL.into_iter();
        let statuses = statuses.filter(|status| !status.allowed_from().is_empty());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(statuses.map(ExecutionStatus::as_str)))
            .description(Some(
                "A status to move to: any but INCOMPLETE, which only creation sets.",
            ))
            .into()
    }
}

impl ToSchema for MovedTo {}

#[cfg(test)]
mod tests {
    use super::ExecutionStatus::{self, *};

    /// The contract's table, written out as `to: from, from, …`.
    const TABLE: [(ExecutionStatus, &[ExecutionStatus]); 7] = [
        (Incomplete, &[]),
        (Queued, &[Incomplete, Terminated, Review]),
        (Running, &[Incomplete, Queued, Terminated, Review]),
        (Completed, &[Running]),
        (Failed, &[Incomplete, Queued, Running, Review]),
        (Terminated, &[Incomplete, Queued, Running, Review]),
        (Review, &[Running]),
    ];

    #[test]
    fn every_pair_of_statuses_follows_the_table() {
        for (to, from) in TABLE {
            for status in ExecutionStatus::ALL {
                assert_eq!(status.may_become(to), from.contains(&status), "{status:?} -> {to:?}");
            }
        }
    }

    #[test]
    fn completed_and_failed_are_final() {
        for done in [Completed, Failed] {
            assert!(ExecutionStatus::ALL.iter().all(|to| !done.may_become(*to)), "{done:?}");
        }
    }

    #[test]
    fn names_are_those_of_the_wire() {
        for status in ExecutionStatus::ALL {
            assert_eq!(
                serde_json::to_string(&status).unwrap(),
                format!("\"{}\"", status.as_str())
            );
            assert_eq!(ExecutionStatus::parse(status.as_str()), Some(status));
        }
        assert_eq!(ExecutionStatus::parse("running"), None);
    }
}
