//! The interface itself, on top of the pools.

use std::sync::Arc;

use tokio::sync::oneshot;
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::{
    pool::Pool,
    rows::{self, Answer, Rest, RowProducer, Values},
};
use crate::{
    bindings::spin::postgres::postgres::{
        Column, Error, Host, HostConnection, HostConnectionBuilder, HostConnectionBuilderWithStore,
        HostConnectionWithStore, ParameterValue, RowSet,
    },
    guest::{Guest, GuestData},
};

/// A component's `connection`: a handle to the pool of its address.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Connection(Arc<Pool>);

/// A component's `connection-builder`.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct ConnectionBuilder {
    address: String,
    ca_root: Option<String>,
}

/// What a function gives: its own error inside, a trap outside.
type Outcome<T> = wasmtime::Result<Result<T, Error>>;
type Streamed = (Vec<Column>, StreamReader<Values>, FutureReader<Result<(), Error>>);

impl Guest {
    fn open_postgres(&mut self, address: &str, ca_root: Option<&str>) -> Outcome<Resource<Connection>> {
        match self
            .services
            .postgres
            .get(address, ca_root, &self.component.allowed_hosts)
        {
            Ok(pool) => Ok(Ok(self.table.push(Connection(pool))?)),
            Err(error) => Ok(Err(error)),
        }
    }

    fn build_postgres(&mut self, builder: &Resource<ConnectionBuilder>) -> Outcome<Resource<Connection>> {
        let ConnectionBuilder { address, ca_root } = self.table.get(builder)?;
        let (address, ca_root) = (address.clone(), ca_root.clone());
        self.open_postgres(&address, ca_root.as_deref())
    }

    fn pool(&self, connection: &Resource<Connection>) -> wasmtime::Result<Arc<Pool>> {
        Ok(Arc::clone(&self.table.get(connection)?.0))
    }
}

impl Host for Guest {}

impl HostConnectionBuilder for Guest {
    fn new(&mut self, address: String) -> wasmtime::Result<Resource<ConnectionBuilder>> {
        Ok(self.table.push(ConnectionBuilder { address, ca_root: None })?)
    }

    fn set_ca_root(&mut self, builder: Resource<ConnectionBuilder>, certificate: String) -> Outcome<()> {
        self.table.get_mut(&builder)?.ca_root = Some(certificate);
        Ok(Ok(()))
    }

    async fn build(&mut self, builder: Resource<ConnectionBuilder>) -> Outcome<Resource<Connection>> {
        self.build_postgres(&builder)
    }

    fn drop(&mut self, builder: Resource<ConnectionBuilder>) -> wasmtime::Result<()> {
        self.table.delete(builder)?;
        Ok(())
    }
}

impl<T: Send> HostConnectionBuilderWithStore<T> for GuestData {
    async fn build_async(
        accessor: &Accessor<T, Self>,
        builder: Resource<ConnectionBuilder>,
    ) -> Outcome<Resource<Connection>> {
        accessor.with(|mut access| access.get().build_postgres(&builder))
    }
}

impl HostConnection for Guest {
    async fn open(&mut self, address: String) -> Outcome<Resource<Connection>> {
        self.open_postgres(&address, None)
    }

    async fn query(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Outcome<RowSet> {
        let pool = self.pool(&connection)?;
        Ok(query_all(&pool, &statement, params).await)
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Outcome<u64> {
        let pool = self.pool(&connection)?;
        Ok(rows::execute(&pool, &statement, params).await)
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send> HostConnectionWithStore<T> for GuestData {
    async fn open_async(accessor: &Accessor<T, Self>, address: String) -> Outcome<Resource<Connection>> {
        accessor.with(|mut access| access.get().open_postgres(&address, None))
    }

    async fn query_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Outcome<Streamed> {
        let pool = accessor.with(|mut access| access.get().pool(&connection))?;
        let Answer { columns, rows, rest } = match rows::query(&pool, &statement, params).await {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error)),
        };
        accessor.with(|mut access| {
            let (rest, end) = match rest {
                Rest::Ended(result) => (
                    None,
                    FutureReader::new(&mut access, async { wasmtime::error::Ok(result) })?,
                ),
                Rest::More(rows) => {
                    let (sender, receiver) = oneshot::channel();
                    // Without an answer the component has let the rows go, which is no error.
                    let end = async { wasmtime::error::Ok(receiver.await.unwrap_or(Ok(()))) };
                    (Some((rows, sender)), FutureReader::new(&mut access, end)?)
                }
            };
            let stream = StreamReader::new(&mut access, RowProducer { ready: rows, rest })?;
            Ok(Ok((columns.to_vec(), stream, end)))
        })
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Outcome<u64> {
        let pool = accessor.with(|mut access| access.get().pool(&connection))?;
        Ok(rows::execute(&pool, &statement, params).await)
    }
}

async fn query_all(pool: &Arc<Pool>, statement: &str, params: Vec<ParameterValue>) -> Result<RowSet, Error> {
    let Answer {
        columns,
        mut rows,
        rest,
    } = rows::query(pool, statement, params).await?;
    match rest {
        Rest::Ended(result) => result?,
        Rest::More(more) => more.drain(&mut rows).await?,
    }
    Ok(RowSet {
        columns: columns.to_vec(),
        rows,
    })
}
