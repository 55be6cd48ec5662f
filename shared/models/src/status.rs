//! The state machine of graph and node executions (seed `data/execution.py`, `VALID_STATUS_TRANSITIONS`).

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de};
use thiserror::Error;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::stored::{PlatformEnum, Stored};

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

/// A status that a record may be moved to: any but INCOMPLETE, which only creation sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Move(ExecutionStatus);

/// Why a status is none that a record may be moved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is a status that only creation sets")]
pub struct NoMove;

impl Move {
    /// An executor begins to work.
    pub const RUNNING: Self = Self(ExecutionStatus::Running);
    /// The owner or the platform stops it.
    pub const TERMINATED: Self = Self(ExecutionStatus::Terminated);

    /// A move to this status, if there is any way to it.
    pub const fn new(status: ExecutionStatus) -> Result<Self, NoMove> {
        if status.allowed_from().is_empty() {
            Err(NoMove)
        } else {
            Ok(Self(status))
        }
    }

    /// The status.
    pub const fn get(self) -> ExecutionStatus {
        self.0
    }

    /// The statuses from which it is allowed.
    pub const fn allowed_from(self) -> &'static [ExecutionStatus] {
        self.0.allowed_from()
    }
}

impl<'de> Deserialize<'de> for Move {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(ExecutionStatus::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl PartialSchema for Move {
    fn schema() -> RefOr<Schema> {
        let moves = ExecutionStatus::ALL
            .into_iter()
            .filter_map(|status| Self::new(status).ok());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(moves.map(|to| to.get().as_str())))
            .description(Some(
                "A status to move to: any but INCOMPLETE, which only creation sets.",
            ))
            .into()
    }
}

impl ToSchema for Move {
    fn name() -> Cow<'static, str> {
        "MovedTo".into()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        ExecutionStatus::{self, *},
        Move,
    };

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
    fn a_move_leads_anywhere_but_to_incomplete() {
        for status in ExecutionStatus::ALL {
            let read = serde_json::from_str::<Move>(&format!("\"{}\"", status.as_str()));
            assert_eq!(read.map(Move::get).ok(), (status != Incomplete).then_some(status));
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
