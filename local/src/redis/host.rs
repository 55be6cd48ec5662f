//! The interface itself, on top of the servers.

use std::sync::{Arc, MutexGuard, PoisonError};

use redis::{Cmd, FromRedisValue, RedisError, Value, aio::MultiplexedConnection, cmd};
use tokio::sync::Mutex;
use wasmtime::component::{Accessor, Resource};

use super::server::{Needs, Server, explain, flatten, is_repeatable};
use crate::{
    bindings::spin::redis::redis::{Error, Host, HostConnection, HostConnectionWithStore, RedisParameter, RedisResult},
    guest::{Guest, GuestData},
};

/// A component's `connection`.
#[derive(Clone)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Connection {
    server: Arc<Server>,
    /// The connection of its own, once it has needed one that keeps state.
    own: Arc<Mutex<Option<MultiplexedConnection>>>,
    /// The one that it waits on, between two commands that wait.
    patient: Arc<std::sync::Mutex<Option<MultiplexedConnection>>>,
}

/// What a function gives: its own error inside, a trap outside.
type Outcome<T> = wasmtime::Result<Result<T, Error>>;

impl Connection {
    /// A handle to the server; with a connection of its own at once where Spin makes one.
    async fn open(server: Arc<Server>) -> Result<Self, Error> {
        let own = if server.each_its_own() {
            Some(server.connect(true).await.map_err(|error| explain(&error))?)
        } else {
            None
        };
        Ok(Self {
            server,
            own: Arc::new(Mutex::new(own)),
            patient: Arc::default(),
        })
    }

    async fn run<T: FromRedisValue>(&self, command: &Cmd, mut needs: Needs) -> Result<T, RedisError> {
        if self.server.each_its_own() {
            needs = Needs::State;
        }
        if needs == Needs::Patience {
            return self.wait(command).await;
        }
        let mut own = self.own.lock().await;
        if needs == Needs::State && own.is_none() {
            *own = Some(self.server.connect(false).await?);
        }
        let own_connection = own.clone();
        drop(own);
        if let Some(mut connection) = own_connection {
            command.query_async(&mut connection).await
        } else {
            self.server.run(command).await
        }
    }

    /// Runs a command that may wait, on a connection that nobody else uses meanwhile. One that was given up while it
    /// waited is not used again: what it waited for may still come.
    async fn wait<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        // A kept connection may have been lost; then the command is sent again, which not every command bears.
        if !is_repeatable(command) {
            return command.query_async(&mut self.server.connect(true).await?).await;
        }
        let kept = lock(&self.patient).take();
        if let Some(mut connection) = kept {
            let answer = command.query_async(&mut connection).await;
            if !answer.as_ref().is_err_and(is_lost) {
                *lock(&self.patient) = Some(connection);
                return answer;
            }
        }
        let mut connection = self.server.connect(true).await?;
        let answer = command.query_async(&mut connection).await;
        if !answer.as_ref().is_err_and(is_lost) {
            *lock(&self.patient) = Some(connection);
        }
        answer
    }
}

fn is_lost(error: &RedisError) -> bool {
    error.is_io_error() || error.is_connection_dropped()
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Host for Guest {}

impl HostConnection for Guest {
    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

async fn run<T: Send, V: FromRedisValue>(
    accessor: &Accessor<T, GuestData>,
    connection: &Resource<Connection>,
    command: &Cmd,
    needs: Needs,
) -> Outcome<V> {
    let connection = accessor.with(|mut access| access.get().table.get(connection).cloned())?;
    Ok(connection.run(command, needs).await.map_err(|error| explain(&error)))
}

impl<T: Send> HostConnectionWithStore<T> for GuestData {
    async fn open(accessor: &Accessor<T, Self>, address: String) -> Outcome<Resource<Connection>> {
        let server = accessor.with(|mut access| {
            let guest = access.get();
            guest.services.redis.get(&address, &guest.component.allowed_hosts)
        });
        let server = match server {
            Ok(server) => server,
            Err(error) => return Ok(Err(error)),
        };
        match Connection::open(server).await {
            Ok(connection) => accessor.with(|mut access| Ok(Ok(access.get().table.push(connection)?))),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn publish(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        channel: String,
        payload: Vec<u8>,
    ) -> Outcome<()> {
        run(
            accessor,
            &connection,
            cmd("PUBLISH").arg(channel).arg(payload),
            Needs::Shared,
        )
        .await
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
    ) -> Outcome<Option<Vec<u8>>> {
        run(accessor, &connection, cmd("GET").arg(key), Needs::Shared).await
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        value: Vec<u8>,
    ) -> Outcome<()> {
        run(accessor, &connection, cmd("SET").arg(key).arg(value), Needs::Shared).await
    }

    async fn incr(accessor: &Accessor<T, Self>, connection: Resource<Connection>, key: String) -> Outcome<i64> {
        run(accessor, &connection, cmd("INCR").arg(key), Needs::Shared).await
    }

    async fn del(accessor: &Accessor<T, Self>, connection: Resource<Connection>, keys: Vec<String>) -> Outcome<u32> {
        run(accessor, &connection, cmd("DEL").arg(keys), Needs::Shared).await
    }

    async fn sadd(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Outcome<u32> {
        run(accessor, &connection, cmd("SADD").arg(key).arg(values), Needs::Shared).await
    }

    async fn smembers(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
    ) -> Outcome<Vec<String>> {
        run(accessor, &connection, cmd("SMEMBERS").arg(key), Needs::Shared).await
    }

    async fn srem(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Outcome<u32> {
        run(accessor, &connection, cmd("SREM").arg(key).arg(values), Needs::Shared).await
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> Outcome<Vec<RedisResult>> {
        let words = arguments.iter().map(|argument| match argument {
            RedisParameter::Binary(bytes) => bytes.as_slice(),
            RedisParameter::Int64(_) => &[],
        });
        let needs = Needs::of(&command, words);
        let mut prepared = cmd(&command);
        for argument in arguments {
            match argument {
                RedisParameter::Int64(number) => prepared.arg(number),
                RedisParameter::Binary(bytes) => prepared.arg(bytes),
            };
        }
        let answer: Result<Value, Error> = run(accessor, &connection, &prepared, needs).await?;
        Ok(answer.and_then(|value| {
            let mut flat = Vec::new();
            flatten(value, &mut flat).map(|()| flat)
        }))
    }
}
