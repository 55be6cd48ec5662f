//! Private servers, started for real.

use std::net::TcpStream;

use xtask::servers::{Durability, Error, Postgres, PostgresConfig, Redis, RedisConfig};

use crate::{installed, open_folder, postgres};

fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn postgres_starts_crashes_comes_back_and_goes() {
    let folder = open_folder().unwrap();
    let Some(mut server) = postgres(folder.path()) else {
        return;
    };
    let (port, url, data) = (server.port(), server.url("postgres"), server.folder().to_owned());
    assert!(listens(port));

    server.crash().unwrap();
    assert!(!listens(port));
    server.restart().unwrap();
    assert!(listens(port));
    assert_eq!(server.url("postgres"), url, "clients find it where it was");

    server.remove().unwrap();
    assert!(!listens(port));
    assert!(!data.exists());
}

#[test]
fn postgres_keeps_its_data_for_the_next_start() {
    let folder = open_folder().unwrap();
    let Some(server) = postgres(folder.path()) else { return };
    let password = |url: String| url.split(['@', ':']).nth(2).map(str::to_owned);
    let first = password(server.url("postgres"));
    drop(server);
    let server = postgres(folder.path()).unwrap();
    assert_eq!(password(server.url("postgres")), first);
    server.remove().unwrap();
}

#[test]
fn postgres_takes_over_from_a_server_that_was_left_running() {
    let folder = open_folder().unwrap();
    let Some(left) = postgres(folder.path()) else { return };
    let port = left.port();
    let next = postgres(folder.path()).unwrap();
    assert!(!listens(port), "the one that was left is stopped");
    assert!(listens(next.port()));
    drop(left);
    next.remove().unwrap();
}

#[test]
fn postgres_says_why_it_does_not_start() {
    let folder = open_folder().unwrap();
    let mut config = PostgresConfig::new(folder.path().join("postgres"), Durability::Throwaway);
    config.settings.push(("no_such_setting", "1"));
    match Postgres::start(config) {
        Err(Error::NotInstalled(_) | Error::TooOld { .. }) => {}
        Err(error) => assert!(error.to_string().contains("no_such_setting"), "{error}"),
        Ok(_) => panic!("it started"),
    }
}

#[test]
fn redis_starts_comes_back_and_goes() {
    let folder = open_folder().unwrap();
    let Some(mut server) = installed(Redis::start(RedisConfig::new(folder.path().join("redis"), true))) else {
        return;
    };
    let (port, url, data) = (server.port(), server.url(), server.folder().to_owned());
    assert!(listens(port));
    server.stop().unwrap();
    assert!(!listens(port));
    server.restart().unwrap();
    assert!(listens(port));
    assert_eq!(server.url(), url, "clients find it where it was");
    server.remove().unwrap();
    assert!(!listens(port));
    assert!(!data.exists());
}
