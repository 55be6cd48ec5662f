//! Postgres, natively: pooled connections with prepared statements.

use std::error::Error as StdError;

use anyhow::Result;
use bytes::{BufMut as _, BytesMut};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use runledger_models::DatabaseUrl;
use runledger_store::{Error, Statement};
use tokio_postgres::{
    NoTls, Row,
    types::{IsNull, ToSql, Type, to_sql_checked},
};

/// The way to Postgres.
pub(super) struct Database {
    pool: Pool,
}

/// The one row of an answer.
pub(super) struct Answer(Row);

impl Database {
    /// At most `connections` to the database at `url`.
    pub(super) fn new(url: &str, connections: usize) -> Result<Self> {
        let config = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(DatabaseUrl::parse(url)?.for_driver().0.parse()?, NoTls, config);
        Ok(Self {
            pool: Pool::builder(manager).max_size(connections).build()?,
        })
    }

    /// Runs a statement of the store.
    pub(super) async fn ask(&self, statement: &Statement) -> Result<Answer, Error> {
        let args = Jsonb(statement.argument()?.to_vec());
        let client = self
            .pool
            .get()
            .await
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let run = async {
            let prepared = client.prepare_cached(statement.text()).await?;
            client.query_one(&prepared, &[&args]).await
        };
        run.await
            .map(Answer)
            .map_err(|error| Error::Internal(error.to_string()))
    }
}

impl Answer {
    /// The text.
    pub(super) fn text(&self) -> Result<&str, Error> {
        self.0.try_get(0).map_err(|error| Error::Internal(error.to_string()))
    }
}

/// JSON text as a `jsonb` parameter.
#[derive(Debug)]
struct Jsonb(Vec<u8>);

impl ToSql for Jsonb {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        // The version of the binary format.
        out.put_u8(1);
        out.put_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(of: &Type) -> bool {
        *of == Type::JSONB
    }

    to_sql_checked!();
}
