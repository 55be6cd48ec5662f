//! The way to Postgres: kept connections, one statement at a time on each, JSON in and out.

use std::{borrow::Cow, cell::RefCell, rc::Rc};

use runledger_logging::Log;
use runledger_models::{DatabaseUrl, ExecutionStatus, Fault, StoredStatus};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned, ser};
use serde_json::value::RawValue;
use spin_sdk::pg::{Connection, DbValue, ParameterValue};

use crate::{Budget, Error, Read, Statement, Write};

/// Runs any write of the store once for each idempotency key (migration 0002).
const ONCE: &str = "SELECT runledger.once($1, $2, $3, $4, $5::jsonb)::text";

/// The database, as one instance of a function sees it. An instance serves several requests at once, and statements of one
/// connection take turns: so each is lent to one statement at a time, and one more is opened when all are lent.
pub struct Pool {
    address: String,
    idle: RefCell<Option<Connection>>,
}

/// The database, as one request sees it.
pub struct Db {
    pool: Rc<Pool>,
    log: Log,
    budget: Budget,
}

/// A key under which a write happens once in 24 hours, and is replayed afterwards.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    /// Who sent it: keys of different callers never meet.
    pub caller: String,
    /// The key as it was sent.
    pub key: String,
    /// What was asked: a digest of the whole request.
    pub fingerprint: String,
}

/// A write that happened.
#[derive(Debug)]
pub struct Done<T> {
    /// What it left.
    pub value: T,
    /// Whether it had happened before, under the same idempotency key.
    pub replayed: bool,
}

impl<T> Done<T> {
    /// The same write with another view of what it left.
    pub fn map<U>(self, view: impl FnOnce(T) -> U) -> Done<U> {
        Done {
            value: view(self.value),
            replayed: self.replayed,
        }
    }
}

/// What every statement answers: `ok` with what was asked for, else why not. Beside `ok`, a write that tells of a run names
/// it in `of`: that is for `runledger.once`, which does not tell it again when the run is gone or another's.
#[derive(Debug, Deserialize)]
struct Outcome<'a> {
    #[serde(borrow)]
    ok: Option<&'a RawValue>,
    #[serde(default)]
    replayed: bool,
    #[serde(default)]
    missing: bool,
    nothing: Option<bool>,
    illegal_move: Option<IllegalMove>,
    invalid: Option<Vec<InvalidPart>>,
    conflict: Option<String>,
    shortfall: Option<Shortfall>,
    #[serde(default)]
    idempotency_mismatch: bool,
}

#[derive(Debug, Deserialize)]
struct IllegalMove {
    current: StoredStatus,
    to: ExecutionStatus,
}

#[derive(Debug, Deserialize)]
struct Shortfall {
    balance: i64,
    amount: i64,
}

#[derive(Debug, Deserialize)]
struct InvalidPart {
    pointer: String,
    detail: String,
}

impl Pool {
    /// The database at this address.
    pub fn new(address: &DatabaseUrl) -> Self {
        Self {
            address: address.address().to_owned(),
            idle: RefCell::new(None),
        }
    }

    /// A connection that nobody else uses.
    async fn lend(&self) -> Result<Connection, Error> {
        let idle = self.idle.take();
        match idle {
            Some(connection) => Ok(connection),
            None => Ok(Connection::open(self.address.as_str()).await?),
        }
    }

    /// Takes a connection back that is sound; one that is not, or whose statement was given up, is dropped by its borrower.
    /// One is kept, and the others go back to the host: it has a number of them for all instances, and those that are idle
    /// here others would wait for.
    fn take_back(&self, connection: Connection) {
        self.idle.replace(Some(connection));
    }

    /// Drops the connection that nobody uses: when one is broken, one that was opened with it is likely to be.
    fn forget(&self) {
        self.idle.replace(None);
    }
}

impl Db {
    /// The database for one request, which logs to `log`, and whose answers are no larger than `budget`.
    pub const fn new(pool: Rc<Pool>, log: Log, budget: Budget) -> Self {
        Self { pool, log, budget }
    }

    /// How large an answer may be.
    pub const fn budget(&self) -> Budget {
        self.budget
    }

    /// The request's log.
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// Runs a statement that only reads.
    pub async fn read<T: 'static>(&self, read: Read<T>) -> Result<T, Error> {
        let (statement, decode) = read.into_parts();
        let answer = self.answer_read(statement).await?;
        decode(&answer, &self.log).map(|done| done.value)
    }

    /// Runs a statement that writes, without an idempotency key: nobody asks for it a second time.
    pub async fn write<T: 'static>(&self, write: Write<T>) -> Result<T, Error> {
        self.write_once(write, None).await.map(|done| done.value)
    }

    /// Runs a statement that writes, at most once for its idempotency key if it has one.
    pub async fn write_once<T: 'static>(
        &self,
        write: Write<T>,
        once: Option<&IdempotencyKey>,
    ) -> Result<Done<T>, Error> {
        let once = once.filter(|_| write.is_remembered());
        let (statement, decode) = write.into_parts();
        let answer = self.answer_write(statement, once).await?;
        decode(&answer, &self.log)
    }

    /// A statement's text, and its parameter with the budget in it.
    fn prepared(&self, statement: Statement) -> Result<(Cow<'static, str>, ParameterValue), Error> {
        let (text, argument) = statement.into_parts()?;
        Ok((text, ParameterValue::Jsonb(self.budget.within(argument))))
    }

    // What does not depend on types stands apart: it is compiled once, and not for every statement.

    async fn answer_read(&self, statement: Statement) -> Result<String, Error> {
        let (sql, args) = self.prepared(statement)?;
        match self.ask(&sql, vec![args.clone()]).await {
            // A connection that went stale while it was kept costs a read nothing but one more try.
            Err(error) if error.breaks_connection() => self.ask(&sql, vec![args]).await,
            answer => answer,
        }
    }

    async fn answer_write(&self, statement: Statement, once: Option<&IdempotencyKey>) -> Result<String, Error> {
        let (sql, args) = self.prepared(statement)?;
        let Some(IdempotencyKey {
            caller,
            key,
            fingerprint,
        }) = once
        else {
            return self.ask(&sql, vec![args]).await;
        };
        let text = |text: &str| ParameterValue::Str(text.to_owned());
        self.ask(ONCE, vec![text(caller), text(key), text(fingerprint), text(&sql), args])
            .await
    }

    async fn ask(&self, sql: &str, params: Vec<ParameterValue>) -> Result<String, Error> {
        let connection = self.pool.lend().await?;
        let answer = self.ask_on(&connection, sql, params).await;
        if answer.as_ref().is_err_and(Error::breaks_connection) {
            self.pool.forget();
        } else {
            self.pool.take_back(connection);
        }
        answer
    }

    async fn ask_on(&self, connection: &Connection, sql: &str, params: Vec<ParameterValue>) -> Result<String, Error> {
        self.log.count_database();
        let mut rows = connection.query(sql, params).await?;
        let row = rows.rows().next().await;
        // Drained to the end, so that an error after the row is not lost; but a stream that has ended must not be read.
        if row.is_some() {
            while rows.rows().next().await.is_some() {}
        }
        rows.result().await?;
        match row.and_then(|row| row.into_iter().next()) {
            Some(DbValue::Str(answer)) => Ok(answer),
            Some(_) => Err(Error::internal("a statement answered with something else than a text")),
            None => Err(Error::internal("a statement answered with no row")),
        }
    }
}

/// What a statement's answer says: what was asked for, or why not.
pub(crate) fn read_answer<T: DeserializeOwned>(answer: &str) -> Result<Done<T>, Error> {
    let Done { value, replayed } = decode::<Outcome>(answer)?.into_result()?;
    Ok(Done {
        value: decode(value.get())?,
        replayed,
    })
}

impl<'a> Outcome<'a> {
    fn into_result(self) -> Result<Done<&'a RawValue>, Error> {
        match self {
            Self {
                ok: Some(value),
                replayed,
                ..
            } => Ok(Done { value, replayed }),
            Self { missing: true, .. } => Err(Error::Missing),
            Self {
                nothing: Some(true), ..
            } => Err(Error::Nothing),
            Self {
                illegal_move: Some(IllegalMove { current, to }),
                ..
            } => Err(Error::IllegalMove { current, to }),
            Self {
                invalid: Some(parts), ..
            } => {
                let fault = |InvalidPart { pointer, detail }| Fault { pointer, detail };
                Err(Error::Invalid(parts.into_iter().map(fault).collect()))
            }
            Self {
                conflict: Some(why), ..
            } => Err(Error::Conflict(why)),
            Self {
                shortfall: Some(Shortfall { balance, amount }),
                ..
            } => Err(Error::Shortfall { balance, amount }),
            Self {
                idempotency_mismatch: true,
                ..
            } => Err(Error::KeyReused),
            _ => Err(Error::internal("a write answered with nothing")),
        }
    }
}

/// For `#[serde(serialize_with)]`: what callers sent, inside a statement's parameter. It goes as text, which the statement
/// casts (`($1 ->> 'stats')::jsonb`): Spin's host reads a parameter of the type jsonb on its way, and what it read has no
/// more digits than a double.
pub(crate) fn carried<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let text = serde_json::to_string(value).map_err(ser::Error::custom)?;
    serializer.serialize_str(&text)
}

/// The same for a part that is borrowed and may be missing.
#[derive(Debug)]
pub(crate) struct Carried<T>(pub(crate) T);

impl<T: Serialize> Serialize for Carried<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        carried(&self.0, serializer)
    }
}

fn decode<'a, T: Deserialize<'a>>(answer: &'a str) -> Result<T, Error> {
    serde_json::from_str(answer)
        .map_err(|error| Error::internal(format!("a statement's answer has another shape than expected: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(answer: &str) -> Result<Done<u32>, Error> {
        read_answer(answer)
    }

    #[test]
    fn outcomes_are_told_apart() {
        assert!(matches!(
            outcome(r#"{"ok":7}"#),
            Ok(Done {
                value: 7,
                replayed: false
            })
        ));
        assert!(matches!(
            outcome(r#"{"ok":7,"replayed":true}"#),
            Ok(Done {
                value: 7,
                replayed: true
            })
        ));
        assert!(matches!(outcome(r#"{"missing":true}"#), Err(Error::Missing)));
        assert!(matches!(outcome(r#"{"nothing":true}"#), Err(Error::Nothing)));
        assert!(matches!(
            outcome(r#"{"illegal_move":{"current":"FAILED","to":"RUNNING"}}"#),
            Err(Error::IllegalMove {
                current: StoredStatus::Known(ExecutionStatus::Failed),
                to: ExecutionStatus::Running
            })
        ));
        assert!(matches!(
            outcome(r#"{"illegal_move":{"current":"PAUSED","to":"RUNNING"}}"#),
            Err(Error::IllegalMove { current: StoredStatus::Other(status), .. }) if status == "PAUSED"
        ));
        assert!(matches!(outcome(r#"{"conflict":"no"}"#), Err(Error::Conflict(_))));
        assert!(matches!(
            outcome(r#"{"idempotency_mismatch":true}"#),
            Err(Error::KeyReused)
        ));
        assert!(
            matches!(outcome(r#"{"invalid":[{"pointer":"/a","detail":"b"}]}"#), Err(Error::Invalid(f)) if f.len() == 1)
        );
        assert!(matches!(outcome("{}"), Err(Error::Internal(_))));
        assert!(matches!(outcome(r#"{"ok":"x"}"#), Err(Error::Internal(_))));
    }
}
