//! Connections to Redis servers: a shared one that reconnects by itself, and more for what would hold that one up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ErrorKind, FromRedisValue, IntoConnectionInfo as _, RedisError,
    TlsCertificates, Value,
    aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
};

use crate::{bindings::spin::redis::redis::Error, outbound::AllowedHosts};

/// Addresses that one host keeps connections to. Components choose addresses, so there must be an end.
const MAX_SERVERS: usize = 64;

/// Commands that do the same when they are done twice, and so may be sent again over a new connection.
const REPEATABLE: &[&str] = &[
    "GET",
    "MGET",
    "SET",
    "DEL",
    "UNLINK",
    "EXISTS",
    "EXPIRE",
    "PEXPIRE",
    "TTL",
    "PTTL",
    "TYPE",
    "STRLEN",
    "PING",
    "ECHO",
    "INFO",
    "TIME",
    "DBSIZE",
    "KEYS",
    "SCAN",
    "HGET",
    "HMGET",
    "HGETALL",
    "HEXISTS",
    "HLEN",
    "SMEMBERS",
    "SISMEMBER",
    "SCARD",
    "SADD",
    "SREM",
    "ZRANGE",
    "ZRANGEBYSCORE",
    "ZSCORE",
    "ZCARD",
    "LRANGE",
    "LLEN",
    "LINDEX",
    "XRANGE",
    "XREVRANGE",
    "XLEN",
    "XREAD",
    "XINFO",
];

/// Limits of each connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How long making a connection may take.
    pub(crate) connect: Duration,
    /// How long an answer may take.
    pub(crate) response: Duration,
    /// Whether each `open` makes a connection, as with Spin.
    pub(crate) each_its_own: bool,
}

/// The servers of all addresses.
pub(crate) struct Servers {
    limits: Limits,
    /// Whom servers' certificates must lead to; the usual public roots if it is `None`.
    root_certificates: Option<Vec<u8>>,
    by_address: Mutex<HashMap<String, Arc<Server>>>,
}

impl Servers {
    /// No servers yet. With PEM `root_certificates` only those are trusted where there is TLS.
    pub(crate) fn new(limits: Limits, root_certificates: Option<Vec<u8>>) -> Self {
        Self {
            limits,
            root_certificates,
            by_address: Mutex::default(),
        }
    }

    /// The server at `address`, if the component may reach it. Does not connect yet.
    pub(super) fn get(&self, address: &str, allowed: &AllowedHosts) -> Result<Arc<Server>, Error> {
        check(address, allowed)?;
        let mut servers = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = servers.get(address) {
            return Ok(Arc::clone(server));
        }
        if servers.len() >= MAX_SERVERS {
            return Err(Error::TooManyConnections);
        }
        let client = self.client(address).map_err(|error| explain(&error))?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(self.limits.connect))
            .set_response_timeout(Some(self.limits.response));
        let shared =
            ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(|error| explain(&error))?;
        let server = Arc::new(Server {
            client,
            shared,
            limits: self.limits,
        });
        servers.insert(address.to_owned(), Arc::clone(&server));
        Ok(server)
    }
}

impl Servers {
    fn client(&self, address: &str) -> Result<Client, RedisError> {
        match &self.root_certificates {
            Some(root) if address.starts_with("rediss:") => Client::build_with_tls(
                address,
                TlsCertificates {
                    client_tls: None,
                    root_cert: Some(root.clone()),
                },
            ),
            _ => Client::open(address),
        }
    }
}

/// One server.
pub(super) struct Server {
    client: Client,
    shared: ConnectionManager,
    limits: Limits,
}

impl Server {
    /// Whether each `open` makes a connection.
    pub(super) fn each_its_own(&self) -> bool {
        self.limits.each_its_own
    }

    /// Runs a command on the shared connection.
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        let mut connection = self.shared.clone();
        match command.query_async(&mut connection).await {
            // The connection was gone, and a new one is being made.
            Err(error) if error.is_io_error() && !error.is_timeout() && is_repeatable(command) => {
                command.query_async(&mut connection).await
            }
            result => result,
        }
    }

    /// A connection of its own. `patient` ones wait for answers for ever.
    pub(super) async fn connect(&self, patient: bool) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.limits.connect))
            .set_response_timeout((!patient).then_some(self.limits.response));
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }
}

/// What a command needs of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing: the shared one will do.
    Shared,
    /// One that nobody else waits for, since the answer may be long in coming.
    Patience,
    /// One that stays with the component's handle, since the command changes its state.
    State,
}

impl Needs {
    /// What `command` with `arguments` needs.
    pub(super) fn of<'a>(command: &str, mut arguments: impl Iterator<Item = &'a [u8]>) -> Self {
        match command.to_ascii_uppercase().as_str() {
            "BLPOP" | "BRPOP" | "BLMOVE" | "BLMPOP" | "BRPOPLPUSH" | "BZPOPMIN" | "BZPOPMAX" | "BZMPOP" | "WAIT"
            | "WAITAOF" => Self::Patience,
            "XREAD" | "XREADGROUP" if arguments.any(|argument| argument.eq_ignore_ascii_case(b"BLOCK")) => {
                Self::Patience
            }
            "MULTI" | "EXEC" | "DISCARD" | "WATCH" | "UNWATCH" | "SELECT" | "AUTH" | "HELLO" | "CLIENT" | "RESET"
            | "QUIT" | "MONITOR" | "SUBSCRIBE" | "PSUBSCRIBE" | "SSUBSCRIBE" | "UNSUBSCRIBE" | "PUNSUBSCRIBE"
            | "SUNSUBSCRIBE" | "READONLY" | "ASKING" | "SYNC" | "PSYNC" => Self::State,
            _ => Self::Shared,
        }
    }
}

fn check(address: &str, allowed: &AllowedHosts) -> Result<(), Error> {
    let info = address.into_connection_info().map_err(|_| Error::InvalidAddress)?;
    let (scheme, host, port) = match info.addr() {
        ConnectionAddr::Tcp(host, port) => ("redis", host, *port),
        ConnectionAddr::TcpTls {
            host,
            port,
            insecure: false,
            ..
        } => ("rediss", host, *port),
        _ => {
            return Err(Error::Other(
                "only redis:// and rediss:// addresses can be reached, and certificates are always checked".into(),
            ));
        }
    };
    if allowed.allows(scheme, host, Some(port)) {
        Ok(())
    } else {
        Err(Error::InvalidAddress)
    }
}

/// Whether a command does the same when it is done twice.
pub(super) fn is_repeatable(command: &Cmd) -> bool {
    let name = command.args_iter().next();
    let Some(redis::Arg::Simple(name)) = name else {
        return false;
    };
    REPEATABLE
        .iter()
        .any(|repeatable| name.eq_ignore_ascii_case(repeatable.as_bytes()))
}

/// An error in the interface's words: what is wrong with the server where it is the server's fault, never the address or a
/// password.
pub(super) fn explain(error: &RedisError) -> Error {
    let wrong_type = error.kind() == ErrorKind::UnexpectedReturnType
        || error.code() == Some("WRONGTYPE")
        || error.detail().is_some_and(|detail| detail.contains("not an integer"));
    if wrong_type {
        Error::TypeError
    } else {
        Error::Other(reason(error))
    }
}

/// Why the server did not do what it was asked.
fn reason(error: &RedisError) -> String {
    let said = error.detail().map_or_else(|| error.to_string(), ToOwned::to_owned);
    let tls = ["certificate", "tls", "handshake", "corrupt message"];
    let lower = said.to_ascii_lowercase();
    match error.code() {
        Some("NOAUTH") => return "the server wants a password, and the address has none".to_owned(),
        Some("WRONGPASS") => return WRONG_PASSWORD.to_owned(),
        Some("NOPERM") => return format!("the server does not let this user do that: {said}"),
        _ => {}
    }
    if error.kind() == ErrorKind::AuthenticationFailed {
        if lower.contains("without any password") {
            return "the address has a password, and the server has none".to_owned();
        }
        return WRONG_PASSWORD.to_owned();
    }
    if error.is_timeout() {
        return "the server does not answer".to_owned();
    }
    if error.is_io_error() && tls.iter().any(|word| lower.contains(word)) {
        return format!("TLS failed: {said}");
    }
    if error.is_io_error() || error.is_connection_dropped() {
        return format!("the server cannot be reached: {said}");
    }
    error.to_string()
}

const WRONG_PASSWORD: &str = "the server refuses the user or the password of the address";

/// Appends `value` to `flat`, nested ones as a sequence, as Spin does.
pub(super) fn flatten(
    value: Value,
    flat: &mut Vec<crate::bindings::spin::redis::redis::RedisResult>,
) -> Result<(), Error> {
    use crate::bindings::spin::redis::redis::RedisResult;
    match value {
        Value::Nil => flat.push(RedisResult::Nil),
        Value::Int(number) => flat.push(RedisResult::Int64(number)),
        Value::Boolean(truth) => flat.push(RedisResult::Int64(truth.into())),
        Value::BulkString(bytes) | Value::BigNumber(bytes) => flat.push(RedisResult::Binary(bytes)),
        Value::VerbatimString { text, .. } => flat.push(RedisResult::Binary(text.into_bytes())),
        Value::Double(number) => flat.push(RedisResult::Binary(number.to_string().into_bytes())),
        Value::SimpleString(text) => flat.push(RedisResult::Status(text)),
        Value::Okay => flat.push(RedisResult::Status("OK".to_owned())),
        Value::Array(values) | Value::Set(values) | Value::Push { data: values, .. } => {
            for value in values {
                flatten(value, flat)?;
            }
        }
        Value::Map(pairs) => {
            for (key, value) in pairs {
                flatten(key, flat)?;
                flatten(value, flat)?;
            }
        }
        Value::Attribute { data, .. } => flatten(*data, flat)?,
        Value::ServerError(error) => return Err(explain(&error.into())),
        _ => return Err(Error::TypeError),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_allowed_addresses_are_accepted() {
        let allowed = AllowedHosts::parse([
            "redis://127.0.0.1:7000",
            "redis://cache.example",
            "rediss://cache.example",
        ])
        .unwrap();
        for address in [
            "redis://127.0.0.1:7000",
            "redis://:secret@cache.example/3",
            "redis://cache.example:6379",
            "rediss://user:secret@cache.example",
        ] {
            assert!(check(address, &allowed).is_ok(), "{address}");
        }
        for address in [
            "redis://127.0.0.1",
            "redis://other.example",
            "http://cache.example",
            "rediss://127.0.0.1:7000",
            "rediss://cache.example/#insecure",
            "redis+unix:///tmp/s",
            "nonsense",
            "",
        ] {
            assert!(check(address, &allowed).is_err(), "{address}");
        }
    }

    #[test]
    fn commands_get_the_connection_that_they_need() {
        let check = |words: &str, expected: Needs| {
            let mut words_iter = words.split(' ');
            let command = words_iter.next().unwrap();
            assert_eq!(Needs::of(command, words_iter.map(str::as_bytes)), expected, "{words}");
        };
        check("GET k", Needs::Shared);
        check("blpop k 0", Needs::Patience);
        check("XREAD COUNT 1 STREAMS s 0", Needs::Shared);
        check("xread block 0 STREAMS s $", Needs::Patience);
        check("MULTI", Needs::State);
        check("subscribe c", Needs::State);
    }

    #[test]
    fn nested_answers_are_flattened() {
        let value = Value::Array(vec![
            Value::Int(1),
            Value::Array(vec![Value::BulkString(b"a".to_vec()), Value::Nil]),
            Value::Map(vec![(Value::SimpleString("k".into()), Value::Okay)]),
        ]);
        let mut flat = Vec::new();
        flatten(value, &mut flat).unwrap();
        assert_eq!(
            format!("{flat:?}"),
            "[RedisResult::Int64(1), RedisResult::Binary([97]), RedisResult::Nil, RedisResult::Status(\"k\"), \
             RedisResult::Status(\"OK\")]"
        );
    }
}
