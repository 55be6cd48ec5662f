//! What can go wrong in the store, in the domain's words. HTTP is made of it in one place, in `web`.

use runledger_models::{ExecutionStatus, Fault, StoredStatus};
use spin_sdk::pg::{self, PgError, QueryError};
use thiserror::Error;

/// Why the store did not do what it was asked. Whatever it is, nothing was stored.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such record within the caller's reach.
    #[error("no such record")]
    Missing,
    /// There is nothing to take at this moment.
    #[error("there is nothing to take")]
    Nothing,
    /// The state machine does not allow this move.
    #[error("a record that is {} cannot become {}", current.as_str(), to.as_str())]
    IllegalMove {
        /// Where the record stands.
        current: StoredStatus,
        /// Where it was to go.
        to: ExecutionStatus,
    },
    /// What was sent does not fit what is stored.
    #[error("what was sent does not fit what is stored")]
    Invalid(Vec<Fault>),
    /// What was sent contradicts what is stored.
    #[error("{0}")]
    Conflict(String),
    /// There are not so many credits.
    #[error("there are {balance} credits, and {amount} are wanted")]
    Shortfall {
        /// What there is to spend.
        balance: i64,
        /// What was to be spent.
        amount: i64,
    },
    /// The idempotency key was used before, for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The database is out of reach, or cannot serve right now. The text is for the log only.
    #[error("the database is out of reach: {0}")]
    Unavailable(String),
    /// Our own fault. The text is for the log only.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    pub(crate) fn internal(what: impl Into<String>) -> Self {
        Self::Internal(what.into())
    }

    /// Whether the connection may be broken and must not be used again.
    pub(crate) fn breaks_connection(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<PgError> for Error {
    fn from(error: PgError) -> Self {
        match error {
            PgError::QueryFailed(QueryError::DbError(db)) => {
                // The host names the constraint; a host that does not leaves it in the message.
                let named = db
                    .extras
                    .iter()
                    .find(|(name, _)| name == "constraint")
                    .map(|(_, value)| value.as_str());
                from_database(&db.code, &db.message, named.or_else(|| constraint(&db.message)))
            }
            // No structured error: the server was not reached, or the connection broke.
            PgError::ConnectionFailed(text) | PgError::QueryFailed(QueryError::Text(text)) | PgError::Other(text) => {
                Self::Unavailable(text)
            }
            PgError::BadParameter(text) | PgError::ValueConversionFailed(text) => Self::Internal(text),
        }
    }
}

impl From<pg::Error> for Error {
    fn from(error: pg::Error) -> Self {
        match error {
            pg::Error::PgError(error) => error.into(),
            pg::Error::Decode(text) => Self::Internal(text),
        }
    }
}

/// An error that Postgres itself reports, by its SQLSTATE.
fn from_database(code: &str, message: &str, constraint: Option<&str>) -> Error {
    let at = |pointer: &str, detail: &str| Error::Invalid(vec![Fault::new(pointer, detail)]);
    let everything = |detail: &str| at("", detail);
    match code {
        // Data exceptions: a lone surrogate, a number beyond `numeric`, a time beyond the calendar.
        _ if code.starts_with("22") => everything("holds a text, number or time that the database cannot store"),
        // Program limits: too deep, too long, too large.
        _ if code.starts_with("54") => everything("is larger or nested more deeply than the database can store"),
        // A foreign key, a unique key or a check that another writer reached first.
        _ if code.starts_with("23") => match constraint {
            // Keys that only an adopted platform database has.
            Some(name) if name.contains("userId") => at("/headers/x-user-id", "names a user that does not exist"),
            Some(name) if name.contains("agentPresetId") => at("/preset_id", "names a preset that does not exist"),
            _ => Error::Conflict("another write has just changed what this one builds on; look again and retry".into()),
        },
        // Connection, resource and operator trouble; a deadlock or serialisation failure; a lock or statement timeout;
        // a read-only standby; a schema that is not migrated yet.
        _ if ["08", "53", "57", "58", "40", "55", "25"].contains(&&code[..code.len().min(2)])
            || ["42P01", "42703", "42883", "3F000"].contains(&code) =>
        {
            Error::Unavailable(format!("{code}: {message}"))
        }
        _ => Error::Internal(format!("{code}: {message}")),
    }
}

/// The constraint that a message names: `… constraint "name"`.
fn constraint(message: &str) -> Option<&str> {
    message
        .split_once("constraint \"")?
        .1
        .split_once('"')
        .map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_errors_become_what_the_caller_can_act_on() {
        for (code, message, kind) in [
            ("22P05", "unsupported Unicode escape sequence", "invalid"),
            ("22003", "value overflows numeric format", "invalid"),
            ("54001", "stack depth limit exceeded", "invalid"),
            (
                "23503",
                "… violates foreign key constraint \"AgentGraphExecution_userId_fkey\"",
                "invalid",
            ),
            (
                "23503",
                "… violates foreign key constraint \"AgentNodeExecution_agentNodeId_fkey\"",
                "conflict",
            ),
            (
                "57P01",
                "terminating connection due to administrator command",
                "unavailable",
            ),
            ("53300", "too many clients", "unavailable"),
            ("42P01", "relation does not exist", "unavailable"),
            ("42703", "column does not exist", "unavailable"),
            ("42601", "syntax error", "internal"),
            ("", "nothing", "internal"),
        ] {
            let got = match from_database(code, message, constraint(message)) {
                Error::Invalid(_) => "invalid",
                Error::Conflict(_) => "conflict",
                Error::Unavailable(_) => "unavailable",
                Error::Internal(_) => "internal",
                other => panic!("{other:?}"),
            };
            assert_eq!(got, kind, "{code}");
        }
    }
}
