//! What can go wrong, in words that say what to do next.

use std::error::Error as _;
use std::fmt;

/// Why the database was not migrated. Every message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server is too old.
    #[error("PostgreSQL 15 or newer is needed, and this server is {found}: point DATABASE_URL at a newer one")]
    OldServer {
        /// The server's own version string.
        found: String,
    },
    /// `search_path` leads nowhere.
    #[error(
        "search_path ({search_path}) names no schema that exists, so there is no place for the platform's tables: \
         create the schema, or set search_path with ?options=-csearch_path%3D<schema> in DATABASE_URL"
    )]
    NoSchema {
        /// The session's setting.
        search_path: String,
    },
    /// This database was migrated with another `search_path`.
    #[error(
        "this database is migrated, but search_path ({search_path}) does not find the platform's tables: they are in \
         another schema; put it into search_path with ?options=-csearch_path%3D<schema> in DATABASE_URL"
    )]
    OtherSchema {
        /// The session's setting.
        search_path: String,
    },
    /// A newer program migrated this database.
    #[error(
        "the database is at version {database}, and this program knows only {program}: deploy a newer Runledger \
         (nothing was changed)"
    )]
    NewerDatabase {
        /// The newest version recorded in the database.
        database: i64,
        /// [`crate::latest_version`].
        program: i64,
    },
    /// A file was edited after it had been applied.
    #[error(
        "migrations/{name}.sql is not what was applied to this database: applied files are never edited, so restore \
         it and put the change into a new file with the next number (nothing was changed)"
    )]
    Changed {
        /// The file's name without `.sql`.
        name: String,
    },
    /// A file is missing from the record although a later one is there.
    #[error(
        "migrations/{name}.sql was never applied to this database, but a later one was: give it the next free number, \
         or restore its row in runledger.migrations (nothing was changed)"
    )]
    Skipped {
        /// The file's name without `.sql`.
        name: String,
    },
    /// A file's SQL failed.
    #[error("migrations/{name}.sql failed: {refusal}\n{next}")]
    Failed {
        /// The file's name without `.sql`.
        name: String,
        /// What the server said.
        refusal: SqlError,
        /// What state that leaves, and what to do.
        next: &'static str,
    },
    /// The database could not be asked.
    #[error("the database did not answer as expected: {0}")]
    Database(SqlError),
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

/// A [`tokio_postgres::Error`] that shows what the server said, which that type itself leaves to its source.
#[derive(Debug)]
pub struct SqlError(tokio_postgres::Error);

impl SqlError {
    /// The `SQLSTATE`, when it was the server that refused.
    pub fn code(&self) -> Option<&tokio_postgres::error::SqlState> {
        self.0.code()
    }
}

impl From<tokio_postgres::Error> for SqlError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(refusal) = self.0.as_db_error() {
            write!(formatter, "{refusal}")?;
            return refusal
                .where_()
                .map_or(Ok(()), |place| write!(formatter, "\nCONTEXT: {place}"));
        }
        write!(formatter, "{}", self.0)?;
        self.0.source().map_or(Ok(()), |cause| write!(formatter, ": {cause}"))
    }
}

// Its text is complete: no source, or a report of the whole chain would say it twice.
impl std::error::Error for SqlError {}
