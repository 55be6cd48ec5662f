//! A statement as a value: its text, its one argument, and how its answer is read. Making one does nothing. [`Db`](crate::Db)
//! runs it; tests, benchmarks and EXPLAIN use the very same values.

use std::borrow::Cow;

use runledger_logging::Log;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Done, Error, db::read_answer};

/// What is sent: a text, and the JSON of its one parameter.
#[derive(Debug, Clone)]
pub struct Statement {
    text: Cow<'static, str>,
    argument: Result<Vec<u8>, String>,
}

impl Statement {
    fn new(text: impl Into<Cow<'static, str>>, argument: &impl Serialize) -> Self {
        Self {
            text: text.into(),
            argument: serde_json::to_vec(argument).map_err(|error| error.to_string()),
        }
    }

    /// SQL with one parameter, of the type jsonb.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The parameter: a JSON object, to which [`Db`](crate::Db) adds the answer's budget.
    pub fn argument(&self) -> Result<&[u8], Error> {
        self.argument.as_deref().map_err(|why| Error::internal(why.as_str()))
    }

    pub(crate) fn into_parts(self) -> Result<(Cow<'static, str>, Vec<u8>), Error> {
        let argument = self.argument.map_err(Error::internal)?;
        Ok((self.text, argument))
    }
}

/// Reads an answer; what is odd about it goes to the log.
pub(crate) type Decode<T> = Box<dyn FnOnce(&str, &Log) -> Result<Done<T>, Error> + Send>;

/// A statement, and what reads its answer: what [`Read`] and [`Write`] are made of.
struct Query<T> {
    statement: Statement,
    decode: Decode<T>,
}

impl<T: DeserializeOwned + 'static> Query<T> {
    fn new(text: impl Into<Cow<'static, str>>, argument: &impl Serialize) -> Self {
        Self {
            statement: Statement::new(text, argument),
            decode: Box::new(|answer, _| read_answer(answer)),
        }
    }
}

impl<T: 'static> Query<T> {
    fn and_then<U>(self, view: impl FnOnce(T, &Log) -> Result<U, Error> + Send + 'static) -> Query<U> {
        let decode = self.decode;
        Query {
            statement: self.statement,
            decode: Box::new(|answer, log| {
                let Done { value, replayed } = decode(answer, log)?;
                let value = view(value, log)?;
                Ok(Done { value, replayed })
            }),
        }
    }

    fn none_if(self, absent: fn(&Error) -> bool) -> Query<Option<T>> {
        let decode = self.decode;
        Query {
            statement: self.statement,
            decode: Box::new(move |answer, log| match decode(answer, log) {
                Ok(done) => Ok(done.map(Some)),
                Err(error) if absent(&error) => Ok(Done {
                    value: None,
                    replayed: false,
                }),
                Err(error) => Err(error),
            }),
        }
    }
}

/// A statement that only reads, and so may be tried again.
pub struct Read<T>(Query<T>);

/// A statement that writes: all that it is to do, or nothing. It happens once for an idempotency key.
pub struct Write<T> {
    query: Query<T>,
    is_remembered: bool,
}

impl<T: DeserializeOwned + 'static> Read<T> {
    pub(crate) fn new(text: impl Into<Cow<'static, str>>, argument: &impl Serialize) -> Self {
        Self(Query::new(text, argument))
    }
}

impl<T: DeserializeOwned + 'static> Write<T> {
    pub(crate) fn new(text: &'static str, argument: &impl Serialize) -> Self {
        Self {
            query: Query::new(text, argument),
            is_remembered: true,
        }
    }
}

impl<T: 'static> Read<T> {
    /// What is sent, and what reads the answer.
    pub(crate) fn into_parts(self) -> (Statement, Decode<T>) {
        (self.0.statement, self.0.decode)
    }

    /// The same statement with another view of its answer.
    pub(crate) fn map<U>(self, view: impl FnOnce(T, &Log) -> U + Send + 'static) -> Read<U> {
        self.and_then(|value, log| Ok(view(value, log)))
    }

    /// The same statement with another view of its answer, if there is one.
    pub(crate) fn and_then<U>(self, view: impl FnOnce(T, &Log) -> Result<U, Error> + Send + 'static) -> Read<U> {
        Read(self.0.and_then(view))
    }

    /// The same statement, which answers `None` where this is why there is no answer.
    pub(crate) fn none_if(self, absent: fn(&Error) -> bool) -> Read<Option<T>> {
        Read(self.0.none_if(absent))
    }

    /// What is sent.
    pub const fn statement(&self) -> &Statement {
        &self.0.statement
    }

    /// What an answer says: what was asked for, or why not. For who asks Postgres in another way than [`Db`](crate::Db) does.
    pub fn decode(self, answer: &str, log: &Log) -> Result<T, Error> {
        (self.0.decode)(answer, log).map(|done| done.value)
    }
}

impl<T: 'static> Write<T> {
    /// What is sent, and what reads the answer.
    pub(crate) fn into_parts(self) -> (Statement, Decode<T>) {
        (self.query.statement, self.query.decode)
    }

    /// The same statement with another view of what it leaves.
    pub(crate) fn map<U>(self, view: impl FnOnce(T, &Log) -> U + Send + 'static) -> Write<U> {
        Write {
            query: self.query.and_then(|value, log| Ok(view(value, log))),
            is_remembered: self.is_remembered,
        }
    }

    /// The same statement, which leaves nothing that is told.
    pub(crate) fn unit(self) -> Write<()> {
        self.map(|_, _| ())
    }

    /// The same statement, which answers `None` where this is why there is no answer.
    pub(crate) fn none_if(self, absent: fn(&Error) -> bool) -> Write<Option<T>> {
        Write {
            query: self.query.none_if(absent),
            is_remembered: self.is_remembered,
        }
    }

    /// The same statement, which happens as often as it is asked for: it changes nothing.
    pub(crate) fn not_remembered(self) -> Self {
        Self {
            is_remembered: false,
            ..self
        }
    }

    /// Whether it happens once for an idempotency key.
    pub(crate) const fn is_remembered(&self) -> bool {
        self.is_remembered
    }

    /// What is sent.
    pub const fn statement(&self) -> &Statement {
        &self.query.statement
    }

    /// What an answer says: what it left, or why it changed nothing. For who asks Postgres in another way than
    /// [`Db`](crate::Db) does.
    pub fn decode(self, answer: &str, log: &Log) -> Result<Done<T>, Error> {
        (self.query.decode)(answer, log)
    }
}
