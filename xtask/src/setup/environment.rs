//! The environment that the application's variables come from.

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use tokio_postgres::config::Host;
use url::Url;

use crate::setup::database;

/// The environment's value of a variable, unless it is empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Lets none of the application's variables through that are set here: for tests, which set them themselves.
pub(crate) fn clear_application(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SPIN_VARIABLE_") {
            command.env_remove(name);
        }
    }
}

/// The database that the environment chooses: the application's own variable, else `DATABASE_URL`.
pub(crate) fn database_url() -> Option<String> {
    variable("SPIN_VARIABLE_DATABASE_URL").or_else(|| variable("DATABASE_URL"))
}

/// The database of the option `--database-url`, else that of the environment.
pub(crate) fn chosen_database(option: Option<String>) -> Result<String> {
    let url = option.or_else(database_url);
    url.context("say which database: --database-url, or the variable DATABASE_URL")
}

/// The Redis that the environment chooses, `Some("")` for none at all; `None` where it does not choose.
pub(crate) fn redis_url() -> Option<String> {
    ["SPIN_VARIABLE_REDIS_URL", "REDIS_URL"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
}

/// What to add to the environment for the application; what is set already stays.
pub(crate) fn for_application(database: &str, redis: &str, jwt_secret: &str) -> Result<Vec<(&'static str, String)>> {
    let mut wanted = of_application(database, redis, jwt_secret)?;
    wanted.retain(|(name, _)| variable(name).is_none());
    Ok(wanted)
}

/// The application's variables for these servers and this secret, whatever the environment says.
pub(crate) fn of_application(database: &str, redis: &str, jwt_secret: &str) -> Result<Vec<(&'static str, String)>> {
    let mut wanted = vec![
        ("SPIN_VARIABLE_DATABASE_URL", database.to_owned()),
        ("SPIN_VARIABLE_DATABASE_HOST", database_host(database)?),
        ("SPIN_VARIABLE_REDIS_URL", redis.to_owned()),
        ("SPIN_VARIABLE_JWT_SECRET", jwt_secret.to_owned()),
    ];
    if !redis.is_empty() {
        wanted.push(("SPIN_VARIABLE_REDIS_HOST", redis_host(redis)?));
    }
    Ok(wanted)
}

/// `host:port` of a PostgreSQL URL: what a component must be allowed to reach.
fn database_host(url: &str) -> Result<String> {
    let (config, _) = database::parse(url).context("DATABASE_URL")?;
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match config.get_hosts() {
        [Host::Tcp(host)] if host.contains(':') => Ok(format!("[{host}]:{port}")),
        [Host::Tcp(host)] => Ok(format!("{host}:{port}")),
        [Host::Unix(_)] => bail!("DATABASE_URL names a Unix socket, which a component cannot reach: name a host"),
        [] => bail!("DATABASE_URL names no host"),
        _ => bail!("DATABASE_URL names several hosts, a component is allowed one: set SPIN_VARIABLE_DATABASE_HOST"),
    }
}

/// `host:port` of a Redis URL.
fn redis_host(url: &str) -> Result<String> {
    let url = Url::parse(url).ok();
    let url = url.filter(|url| ["redis", "rediss"].contains(&url.scheme()));
    let url = url.context("REDIS_URL does not begin with redis:// or rediss://")?;
    match url.host_str() {
        None | Some("") => bail!("REDIS_URL names no host"),
        Some(host) => Ok(format!("{host}:{}", url.port().unwrap_or(6379))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_host_is_that_of_the_url() {
        let check = |url: &str, expected: &str| assert_eq!(database_host(url).unwrap(), expected, "{url}");
        check("postgres://me:secret@db.example.com:6432/ledger", "db.example.com:6432");
        check(
            "postgresql://db.example.com/ledger?sslmode=require",
            "db.example.com:5432",
        );
        check("postgres://me@[::1]:5433/ledger", "[::1]:5433");
        check("host=127.0.0.1 port=5433 user=me", "127.0.0.1:5433");
    }

    #[test]
    fn a_database_out_of_a_components_reach_is_refused() {
        let check = |url: &str, part: &str| {
            let error = format!("{:#}", database_host(url).unwrap_err());
            assert!(error.contains(part), "{url}: {error}");
        };
        check("postgres://%2Fvar%2Frun%2Fpostgresql/ledger", "Unix socket");
        check("host=/tmp user=me", "Unix socket");
        check("user=me", "no host");
        check("postgres://me@db.example.com", "no database");
        check("host=a,b user=me", "several hosts");
        check("mysql://a", "begins with mysql://");
    }

    #[test]
    fn the_redis_host_is_that_of_the_url() {
        let check = |url: &str, expected: &str| assert_eq!(redis_host(url).unwrap(), expected, "{url}");
        check("redis://127.0.0.1:6380/1", "127.0.0.1:6380");
        check("redis://:p@ss@cache.example.com", "cache.example.com:6379");
        check(
            "rediss://user:secret@cache.example.com:6390?protocol=resp3",
            "cache.example.com:6390",
        );
        check("redis://[::1]:6380", "[::1]:6380");
        check("redis://[::1]", "[::1]:6379");
        assert!(redis_host("http://127.0.0.1").is_err());
        assert!(redis_host("redis:///1").is_err());
    }
}
