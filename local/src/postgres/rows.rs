//! Statements and their rows.
//!
//! The first rows are read before the component hears of the result: an ordinary result is then complete, its
//! connection is back in the pool, and the component takes everything without waiting again. Only what is longer than
//! that is streamed.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{Stream as _, future::poll_fn};
use tokio::sync::oneshot;
use tokio_postgres::{Row, RowStream, error::SqlState};
use wasmtime::{
    StoreContextMut,
    component::{Destination, StreamProducer, StreamResult, VecBuffer},
};

use super::{
    error::query_failed,
    lender::{Lender, Lent},
    pool::CheckedOut,
    session::{Manner, Shape, Started},
    values::{Decoder, Param, Raw},
};
use crate::bindings::spin::postgres::postgres::{Column, DbValue, Error, ParameterValue};

/// Rows that are read at once, as long as they are small.
const BATCH_ROWS: usize = 512;
/// Bytes of column values after which a batch ends.
const BATCH_BYTES: usize = 256 * 1024;

/// A row as the interface gives it.
pub(super) type Values = Vec<DbValue>;

/// What a statement gave.
pub(super) struct Answer {
    pub(super) columns: Arc<[Column]>,
    /// The first rows.
    pub(super) rows: Vec<Values>,
    pub(super) rest: Rest,
}

/// What comes after the first rows.
pub(super) enum Rest {
    /// Nothing, or an error.
    Ended(Result<(), Error>),
    /// More rows.
    More(Box<Rows>),
}

/// Runs a statement and reads its first rows.
pub(super) async fn query(lender: &Lender, sql: &str, params: Vec<ParameterValue>) -> Result<Answer, Error> {
    let mut connection = lender.lend().await?;
    let params = prepare_params(&connection, params)?;
    let started = connection.session().query(sql, &params).await;
    let Started { stream, shape } = started.map_err(|error| failed(&mut connection, &error))?;
    let mut rows = Rows {
        connection,
        stream,
        shape,
    };
    let mut batch = Vec::new();
    let more = poll_fn(|cx| rows.poll_batch(cx, &mut batch)).await;
    let columns = rows.shape.as_ref().map(|shape| Arc::clone(&shape.columns));
    let rest = match more {
        Ok(true) => Rest::More(Box::new(rows)),
        Ok(false) => Rest::Ended(Ok(())),
        Err(error) => Rest::Ended(Err(error)),
    };
    Ok(Answer {
        columns: columns.unwrap_or_default(),
        rows: batch,
        rest,
    })
}

/// Runs a statement and says how many rows it touched.
pub(super) async fn execute(lender: &Lender, sql: &str, params: Vec<ParameterValue>) -> Result<u64, Error> {
    let mut connection = lender.lend().await?;
    let params = prepare_params(&connection, params)?;
    let touched = connection.session().execute(sql, &params).await;
    let touched = touched.map_err(|error| failed(&mut connection, &error))?;
    connection.at_rest();
    Ok(touched)
}

fn prepare_params(connection: &CheckedOut, params: Vec<ParameterValue>) -> Result<Vec<Param>, Error> {
    let param = match connection.manner() {
        Manner::LikeSpin => Param::like_spin,
        Manner::Prepared | Manner::Unnamed => |value| Ok(Param(value)),
    };
    params
        .into_iter()
        .map(param)
        .collect::<Result<_, _>>()
        .map_err(Error::ValueConversionFailed)
}

/// The error of a statement that has ended with it. When it is not the server's own, the statement may be under way
/// still, and the connection needs care before its next use.
fn failed(connection: &mut CheckedOut, error: &tokio_postgres::Error) -> Error {
    if let Some(db) = error.as_db_error() {
        connection.at_rest();
        if *db.code() == SqlState::READ_ONLY_SQL_TRANSACTION {
            connection.discard_all();
        }
    }
    query_failed(error)
}

/// The rows of a running statement.
pub(super) struct Rows {
    connection: Lent,
    stream: Pin<Box<RowStream>>,
    /// The columns, as soon as they are known.
    shape: Option<Shape>,
}

impl Rows {
    /// Adds the next rows to `batch`, which must be empty at first: at least one, if there are any, and then those that
    /// have arrived already. Says whether there may be more.
    pub(super) fn poll_batch(&mut self, cx: &mut Context<'_>, batch: &mut Vec<Values>) -> Poll<Result<bool, Error>> {
        let mut bytes = 0;
        while batch.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            let stream = &mut self.stream;
            let next = self
                .connection
                .session()
                .poll_with(cx, |cx| stream.as_mut().poll_next(cx));
            match next {
                Poll::Ready(Some(Ok(row))) => {
                    let session = self.connection.session();
                    let shape = self.shape.get_or_insert_with(|| session.shape_of(&row));
                    batch.push(decode(&row, &shape.decoders, &mut bytes)?);
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(failed(&mut self.connection, &error))),
                Poll::Ready(None) => {
                    self.connection.at_rest();
                    return Poll::Ready(Ok(false));
                }
                Poll::Pending if batch.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready(Ok(true))
    }

    /// Adds all the rows to `all`.
    pub(super) async fn drain(mut self, all: &mut Vec<Values>) -> Result<(), Error> {
        loop {
            let mut batch = Vec::new();
            let more = poll_fn(|cx| self.poll_batch(cx, &mut batch)).await?;
            all.append(&mut batch);
            if !more {
                return Ok(());
            }
        }
    }
}

fn decode(row: &Row, decoders: &[Decoder], bytes: &mut usize) -> Result<Values, Error> {
    let column = |(index, decoder): (usize, &Decoder)| {
        let failed = |problem: &dyn std::fmt::Display| {
            let name = row.columns().get(index).map_or("?", tokio_postgres::Column::name);
            Error::ValueConversionFailed(format!("the column {name:?} cannot be read: {problem}"))
        };
        match row.try_get::<_, Raw<'_>>(index).map_err(|error| failed(&error))? {
            Raw(None) => Ok(DbValue::DbNull),
            Raw(Some(raw)) => {
                *bytes += raw.len();
                decoder(raw).map_err(|error| failed(&error))
            }
        }
    };
    decoders.iter().enumerate().map(column).collect()
}

/// Where to say how a stream of rows ended.
type End = oneshot::Sender<Result<(), Error>>;

/// Feeds the component's stream of rows, and then says how it ended.
pub(super) struct RowProducer {
    /// Rows that are here already.
    pub(super) ready: Vec<Values>,
    /// Those that are not, and where to say how it ended.
    pub(super) rest: Option<(Box<Rows>, End)>,
}

impl<D> StreamProducer<D> for RowProducer {
    type Item = Values;
    type Buffer = VecBuffer<Values>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Values, VecBuffer<Values>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let this = &mut *self;
        if this.ready.is_empty()
            && let Some((rows, _)) = &mut this.rest
        {
            let ended = match rows.poll_batch(cx, &mut this.ready) {
                Poll::Ready(Ok(true)) => None,
                Poll::Ready(Ok(false)) => Some(Ok(())),
                Poll::Ready(Err(error)) => Some(Err(error)),
                Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
                Poll::Pending => return Poll::Pending,
            };
            if let Some(result) = ended
                && let Some((_, end)) = this.rest.take()
            {
                // The component may not care how it ended.
                let _ = end.send(result);
            }
        }
        destination.set_buffer(std::mem::take(&mut this.ready).into());
        let result = if this.rest.is_some() {
            StreamResult::Completed
        } else {
            StreamResult::Dropped
        };
        Poll::Ready(Ok(result))
    }
}
