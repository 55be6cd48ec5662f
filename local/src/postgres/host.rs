//! The interface itself, on top of the pools.

use std::sync::Arc;

use tokio::sync::oneshot;
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::{
    lender::Lender,
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

/// A component's `connection`.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Connection(Lender);

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
    fn postgres_pool(&self, address: &str, ca_root: Option<&str>) -> Result<Arc<Pool>, Error> {
        self.services
            .postgres
            .get(address, ca_root, &self.component.allowed_hosts)
    }

    fn pool_of(&self, builder: &Resource<ConnectionBuilder>) -> Outcome<Arc<Pool>> {
        let ConnectionBuilder { address, ca_root } = self.table.get(builder)?;
        Ok(self.postgres_pool(address, ca_root.as_deref()))
    }

    async fn open_postgres(&mut self, pool: Result<Arc<Pool>, Error>) -> Outcome<Resource<Connection>> {
        Ok(match lender(pool).await {
            Ok(lender) => Ok(self.table.push(Connection(lender))?),
            Err(error) => Err(error),
        })
    }

    fn lender(&self, connection: &Resource<Connection>) -> wasmtime::Result<Lender> {
        Ok(self.table.get(connection)?.0.clone())
    }
}

async fn lender(pool: Result<Arc<Pool>, Error>) -> Result<Lender, Error> {
    Lender::new(pool?).await
}

/// The same as [`Guest::open_postgres`] while the component goes on.
async fn open_async<T: Send>(
    accessor: &Accessor<T, GuestData>,
    pool: Result<Arc<Pool>, Error>,
) -> Outcome<Resource<Connection>> {
    match lender(pool).await {
        Ok(lender) => accessor.with(|mut access| Ok(Ok(access.get().table.push(Connection(lender))?))),
        Err(error) => Ok(Err(error)),
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
        let pool = self.pool_of(&builder)?;
        self.open_postgres(pool).await
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
        let pool = accessor.with(|mut access| access.get().pool_of(&builder))?;
        open_async(accessor, pool).await
    }
}

impl HostConnection for Guest {
    async fn open(&mut self, address: String) -> Outcome<Resource<Connection>> {
        let pool = self.postgres_pool(&address, None);
        self.open_postgres(pool).await
    }

    async fn query(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Outcome<RowSet> {
        let lender = self.lender(&connection)?;
        Ok(query_all(&lender, &statement, params).await)
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Outcome<u64> {
        let lender = self.lender(&connection)?;
        Ok(rows::execute(&lender, &statement, params).await)
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send> HostConnectionWithStore<T> for GuestData {
    async fn open_async(accessor: &Accessor<T, Self>, address: String) -> Outcome<Resource<Connection>> {
        let pool = accessor.with(|mut access| access.get().postgres_pool(&address, None));
        open_async(accessor, pool).await
    }

    async fn query_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Outcome<Streamed> {
        let lender = accessor.with(|mut access| access.get().lender(&connection))?;
        let Answer { columns, rows, rest } = match rows::query(&lender, &statement, params).await {
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
        let lender = accessor.with(|mut access| access.get().lender(&connection))?;
        Ok(rows::execute(&lender, &statement, params).await)
    }
}

async fn query_all(lender: &Lender, statement: &str, params: Vec<ParameterValue>) -> Result<RowSet, Error> {
    let Answer {
        columns,
        mut rows,
        rest,
    } = rows::query(lender, statement, params).await?;
    match rest {
        Rest::Ended(result) => result?,
        Rest::More(more) => more.drain(&mut rows).await?,
    }
    Ok(RowSet {
        columns: columns.to_vec(),
        rows,
    })
}
