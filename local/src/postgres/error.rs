//! Postgres's errors in the interface's words.

use tokio_postgres::error::{DbError as PgDbError, SqlState};

use super::values::BadParameter;
use crate::bindings::spin::postgres::postgres::{DbError, Error, QueryError};

/// An error of a statement.
pub(super) fn query_failed(error: &tokio_postgres::Error) -> Error {
    if let Some(bad) = std::error::Error::source(error).and_then(|source| source.downcast_ref::<BadParameter>()) {
        return Error::BadParameter(bad.to_string());
    }
    Error::QueryFailed(match error.as_db_error() {
        Some(db) => QueryError::DbError(DbError {
            as_text: db.to_string(),
            severity: db.severity().to_owned(),
            code: db.code().code().to_owned(),
            message: db.message().to_owned(),
            detail: db.detail().map(ToOwned::to_owned),
            extras: extras(db),
        }),
        None => QueryError::Text(with_cause(error)),
    })
}

/// An error while connecting. It may name the server, the user and the database, never the password.
pub(super) fn connection_failed(error: &tokio_postgres::Error) -> Error {
    Error::ConnectionFailed(match error.as_db_error() {
        Some(db) => format!("Postgres refused the connection: {db}"),
        None => with_cause(error),
    })
}

/// Whether Postgres has forgotten or outdated a prepared statement, so that preparing it anew may help. It says so
/// before it executes anything.
pub(super) fn is_stale_statement(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|db| {
        *db.code() == SqlState::INVALID_SQL_STATEMENT_NAME
            || (*db.code() == SqlState::FEATURE_NOT_SUPPORTED && db.routine() == Some("RevalidateCachedQuery"))
    })
}

fn with_cause(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn extras(error: &PgDbError) -> Vec<(String, String)> {
    let line = error.line().map(|line| line.to_string());
    let fields = [
        ("column", error.column()),
        ("constraint", error.constraint()),
        ("routine", error.routine()),
        ("hint", error.hint()),
        ("table", error.table()),
        ("datatype", error.datatype()),
        ("schema", error.schema()),
        ("file", error.file()),
        ("line", line.as_deref()),
        ("where_", error.where_()),
    ];
    let present = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    present
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
