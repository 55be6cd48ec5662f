//! One connection to Postgres, and how statements are sent over it.

use std::{
    collections::HashMap,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use futures::future::poll_fn;
use tokio_postgres::{
    CancelToken, Client, NoTls, Row, RowStream, Statement,
    types::{ToSql, Type},
};

use super::{
    address::Address,
    error::is_stale_statement,
    tls::Tls,
    values::{Decoder, Param, data_type, decoder, decoder_like_spin},
};
use crate::bindings::spin::postgres::postgres::Column;

/// Prepared statements that one connection keeps.
const MAX_STATEMENTS: usize = 256;

/// What `deadpool` sends before Spin hands a connection on. No ROLLBACK is among it.
const CLEANING: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
                        SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

/// How statements are sent, and what becomes of their values on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Prepared once for each connection.
    Prepared,
    /// Without a name, in one round trip.
    Unnamed,
    /// As Spin does: prepared each time, JSON read on its way.
    LikeSpin,
}

/// One connection. Its input and output happen within the calls here, not in a task of their own, which saves two
/// switches of task for each statement.
pub(super) struct Session {
    client: Client,
    driver: Driver,
    statements: Statements,
    tls: Tls,
    manner: Manner,
    /// Whether a statement has changed the session in a way that the next user must not inherit.
    pub(super) changed: bool,
}

/// The columns of a statement's rows.
#[derive(Clone)]
pub(super) struct Shape {
    /// As the interface describes them.
    pub(super) columns: Arc<[Column]>,
    /// How to read each.
    pub(super) decoders: Arc<[Decoder]>,
}

impl Shape {
    fn of(columns: &[tokio_postgres::Column], manner: Manner) -> Self {
        let column = |column: &tokio_postgres::Column| Column {
            name: column.name().to_owned(),
            data_type: data_type(column.type_()),
        };
        Self {
            columns: columns.iter().map(column).collect(),
            decoders: columns
                .iter()
                .map(|column| match manner {
                    Manner::LikeSpin => decoder_like_spin(column.type_()),
                    Manner::Prepared | Manner::Unnamed => decoder(column.type_()),
                })
                .collect(),
        }
    }
}

/// A statement that has begun to give rows.
pub(super) struct Started {
    pub(super) stream: Pin<Box<RowStream>>,
    /// The columns; `None` where only the first row will tell.
    pub(super) shape: Option<Shape>,
}

/// A statement that is prepared on one connection.
#[derive(Clone)]
struct Prepared {
    statement: Statement,
    shape: Shape,
    /// Whether it was prepared before this use.
    reused: bool,
    changes_session: bool,
}

impl Session {
    /// Connects to the server at `address`.
    pub(super) async fn connect(address: &Address, manner: Manner) -> Result<Self, tokio_postgres::Error> {
        let (client, connection) = match address.tls.connector() {
            None => {
                let (client, connection) = address.config.connect(NoTls).await?;
                (client, Box::pin(connection) as Connection)
            }
            Some(tls) => {
                let (client, connection) = address.config.connect(tls).await?;
                (client, Box::pin(connection) as Connection)
            }
        };
        Ok(Self {
            client,
            driver: Driver {
                connection: Some(connection),
            },
            statements: Statements::default(),
            tls: address.tls.clone(),
            manner,
            changed: false,
        })
    }

    /// Whether the connection still stands, as far as is known without asking the server.
    pub(super) fn is_open(&mut self) -> bool {
        self.driver.poll(&mut Context::from_waker(Waker::noop()));
        self.driver.connection.is_some()
    }

    /// Makes the connection fit for its next user, where that is not done when it is given back.
    pub(super) async fn clean(&mut self) -> bool {
        match self.manner {
            Manner::Prepared | Manner::Unnamed => true,
            Manner::LikeSpin => self.driver.drive(self.client.batch_execute(CLEANING)).await.is_ok(),
        }
    }

    async fn prepare(&mut self, sql: &str) -> Result<Prepared, tokio_postgres::Error> {
        if let Some(prepared) = self.statements.get(sql) {
            self.changed |= prepared.changes_session;
            return Ok(prepared);
        }
        let statement = self.driver.drive(self.client.prepare(sql)).await?;
        let prepared = Prepared {
            shape: Shape::of(statement.columns(), self.manner),
            statement,
            reused: false,
            changes_session: changes_session(sql),
        };
        self.changed |= prepared.changes_session;
        if self.manner == Manner::Prepared {
            self.statements.insert(
                sql,
                Prepared {
                    reused: true,
                    ..prepared.clone()
                },
            );
        }
        Ok(prepared)
    }

    /// Prepares `sql` again, if what was prepared before has become useless.
    async fn prepare_again(
        &mut self,
        sql: &str,
        prepared: &Prepared,
        error: &tokio_postgres::Error,
    ) -> Result<Option<Prepared>, tokio_postgres::Error> {
        if !prepared.reused || !is_stale_statement(error) {
            return Ok(None);
        }
        self.statements.by_text.remove(sql);
        self.prepare(sql).await.map(Some)
    }

    /// Starts a statement that gives rows.
    pub(super) async fn query(&mut self, sql: &str, params: &[Param]) -> Result<Started, tokio_postgres::Error> {
        if self.manner == Manner::Unnamed {
            self.changed |= changes_session(sql);
            let typed = params.iter().map(|param| (param, param.ty()));
            let stream = self.driver.drive(self.client.query_typed_raw(sql, typed)).await?;
            return Ok(Started {
                stream: Box::pin(stream),
                shape: None,
            });
        }
        let mut prepared = self.prepare(sql).await?;
        let mut stream = self
            .driver
            .drive(self.client.query_raw(&prepared.statement, params))
            .await;
        if let Err(error) = &stream
            && let Some(again) = self.prepare_again(sql, &prepared, error).await?
        {
            prepared = again;
            stream = self
                .driver
                .drive(self.client.query_raw(&prepared.statement, params))
                .await;
        }
        Ok(Started {
            stream: Box::pin(stream?),
            shape: (self.manner == Manner::Prepared).then_some(prepared.shape),
        })
    }

    /// Runs a statement and says how many rows it touched.
    pub(super) async fn execute(&mut self, sql: &str, params: &[Param]) -> Result<u64, tokio_postgres::Error> {
        if self.manner == Manner::Unnamed {
            self.changed |= changes_session(sql);
            let typed: Vec<(&(dyn ToSql + Sync), Type)> = params
                .iter()
                .map(|param| (param as &(dyn ToSql + Sync), param.ty()))
                .collect();
            return self.driver.drive(self.client.execute_typed(sql, &typed)).await;
        }
        let prepared = self.prepare(sql).await?;
        let touched = self
            .driver
            .drive(self.client.execute_raw(&prepared.statement, params))
            .await;
        if let Err(error) = &touched
            && let Some(again) = self.prepare_again(sql, &prepared, error).await?
        {
            return self
                .driver
                .drive(self.client.execute_raw(&again.statement, params))
                .await;
        }
        touched
    }

    /// The columns of a row that came without them.
    pub(super) fn shape_of(&self, row: &Row) -> Shape {
        Shape::of(row.columns(), self.manner)
    }

    /// Polls `step`, which waits for the server, together with the connection that it waits for.
    pub(super) fn poll_with<T>(
        &mut self,
        cx: &mut Context<'_>,
        step: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.driver.poll_with(cx, step)
    }

    /// Waits until the server has answered all that was asked before.
    pub(super) async fn settle(&mut self) -> Result<(), tokio_postgres::Error> {
        self.driver.drive(self.client.batch_execute("")).await
    }

    /// What cancels a running statement.
    pub(super) fn canceller(&self) -> Canceller {
        Canceller {
            token: self.client.cancel_token(),
            tls: self.tls.clone(),
        }
    }
}

/// Cancels what a connection is doing.
pub(super) struct Canceller {
    token: CancelToken,
    tls: Tls,
}

impl Canceller {
    pub(super) async fn cancel(self) -> Result<(), tokio_postgres::Error> {
        match self.tls.connector() {
            None => self.token.cancel_query(NoTls).await,
            Some(tls) => self.token.cancel_query(tls).await,
        }
    }
}

type Connection = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>;

struct Driver {
    /// None once it is closed: only then do the statements that wait for an answer hear that none will come.
    connection: Option<Connection>,
}

impl Driver {
    async fn drive<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| self.poll_with(cx, |cx| future.as_mut().poll(cx))).await
    }

    fn poll_with<T>(&mut self, cx: &mut Context<'_>, mut step: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        if let Poll::Ready(value) = step(cx) {
            return Poll::Ready(value);
        }
        // Sends what `step` asked, and hands it what has arrived.
        self.poll(cx);
        step(cx)
    }

    fn poll(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && connection.as_mut().poll(cx).is_ready()
        {
            self.connection = None;
        }
    }
}

/// The prepared statements of a connection, at most [`MAX_STATEMENTS`]; the least recently used goes first.
#[derive(Default)]
struct Statements {
    by_text: HashMap<Box<str>, (Prepared, u64)>,
    clock: u64,
}

impl Statements {
    fn get(&mut self, sql: &str) -> Option<Prepared> {
        self.clock += 1;
        let (prepared, used) = self.by_text.get_mut(sql)?;
        *used = self.clock;
        Some(prepared.clone())
    }

    fn insert(&mut self, sql: &str, prepared: Prepared) {
        if self.by_text.len() >= MAX_STATEMENTS {
            let oldest = self
                .by_text
                .iter()
                .min_by_key(|(_, (_, used))| *used)
                .map(|(sql, _)| sql.clone());
            if let Some(oldest) = oldest {
                self.by_text.remove(&oldest);
            }
        }
        self.by_text.insert(sql.into(), (prepared, self.clock));
    }
}

/// Whether a statement may leave something behind in the session: an open transaction, a setting, a listener. Judged by
/// its first word: what is not known to be harmless is taken to be harmful.
fn changes_session(sql: &str) -> bool {
    const HARMLESS: &[&str] = &[
        "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES", "TABLE", "EXPLAIN", "SHOW", "ALTER", "DROP",
        "TRUNCATE", "COMMENT", "GRANT", "REVOKE", "ANALYZE", "VACUUM", "REFRESH", "REINDEX", "NOTIFY", "CALL", "DO",
    ];
    let mut words = without_comments(sql)
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return false };
    if first.eq_ignore_ascii_case("CREATE") {
        let temporary = |word: &str| word.eq_ignore_ascii_case("TEMP") || word.eq_ignore_ascii_case("TEMPORARY");
        return words.take(3).any(temporary);
    }
    !HARMLESS.iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// `sql` without the space, comments and opening parentheses that it begins with.
fn without_comments(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        rest = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            return rest;
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_the_session_is_known_by_its_first_word() {
        for sql in [
            "SELECT 1",
            " (select 1)",
            "-- note\nINSERT INTO t",
            "/* a */ with x as (...)",
            "CREATE TABLE t()",
            "",
        ] {
            assert!(!changes_session(sql), "{sql}");
        }
        for sql in [
            "BEGIN",
            "start transaction",
            "SET x = 1",
            "LISTEN c",
            "/* SELECT */ begin",
            "create temp table t()",
        ] {
            assert!(changes_session(sql), "{sql}");
        }
    }
}
