//! Redis as others run it: behind TLS, and away for a reason that the log tells.

use std::{fs, path::PathBuf, process, time::Duration};

use futures::StreamExt as _;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use runledger_tests::{App, Builder, is_spin, until};
use url::Url;
use xtask::servers::{Redis, RedisConfig, free_port};

/// A folder that the server's user can read, too; removed with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("runledger-redis-{name}-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left over at worst.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server that speaks TLS at a second port, that port's address, and the certificate that its own leads to.
fn with_tls(folder: &Folder) -> (Redis, Url, String) {
    let mut ca = CertificateParams::new(vec![]).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = KeyPair::generate().unwrap();
    let ca_file = folder.write("ca.pem", &ca.self_signed(&ca_key).unwrap().pem());
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();

    let port = free_port().unwrap();
    let mut config = RedisConfig::new(folder.0.join("data"), false);
    config.settings = [
        ("tls-port", port.to_string()),
        ("tls-cert-file", folder.write("cert.pem", &certificate.pem())),
        ("tls-key-file", folder.write("key.pem", &key.serialize_pem())),
        ("tls-ca-cert-file", ca_file.clone()),
        ("tls-auth-clients", "no".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec();
    let redis = Redis::start(config).expect("a Redis with TLS starts");
    let mut url = Url::parse(&redis.url().replacen("redis:", "rediss:", 1)).unwrap();
    url.set_port(Some(port)).unwrap();
    (redis, url, ca_file)
}

/// What the log says of why events are not published.
async fn reason(application: Builder) -> (App, String) {
    let app = application.start().await;
    let graph = app.graph("weather", "ann").await;
    app.create(&graph).await;
    let line = until("the log says why", async || {
        let log = app.host.log();
        log.into_iter().find(|line| line.contains("events are not published"))
    })
    .await;
    (app, line)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_reached_over_tls_and_its_certificate_is_checked() {
    if is_spin() {
        // It takes no certificates but the public ones.
        return;
    }
    let folder = Folder::new("tls");
    let (redis, url, ca) = with_tls(&folder);
    let trusting = App::builder()
        .redis(Some(url.as_str()))
        .argument("--redis-ca")
        .argument(&ca);
    let app = trusting.start().await;
    let ready = app.anonymous.get("/api/health/ready").expect(200).await.json();
    assert_eq!(ready["redis"], "ok", "{ready}");
    let client = redis::Client::open(redis.url()).unwrap();
    let mut published = client.get_async_pubsub().await.unwrap();
    published.psubscribe("*").await.unwrap();
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let message = tokio::time::timeout(Duration::from_secs(30), published.on_message().next()).await;
    let message = message.expect("the change is published").unwrap();
    assert!(
        message.get_channel_name().ends_with(&id),
        "{}",
        message.get_channel_name()
    );

    let (app, said) = reason(App::builder().redis(Some(url.as_str()))).await;
    assert!(said.contains("TLS failed"), "{said}");
    let ready = app.anonymous.get("/api/health/ready").expect(200).await.json();
    assert_eq!(ready["redis"], "down", "{ready}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_away_says_why_and_never_the_password() {
    if is_spin() {
        // It says so in words of its own.
        return;
    }
    let folder = Folder::new("away");
    let redis = Redis::start(RedisConfig::new(folder.0.join("away"), false)).expect("a private Redis starts");
    let at = |user: &str, password: Option<&str>, port: u16| {
        let mut url = Url::parse(&redis.url()).unwrap();
        url.set_username(user).unwrap();
        url.set_password(password).unwrap();
        url.set_port(Some(port)).unwrap();
        url.to_string()
    };
    let known = Url::parse(&redis.url()).unwrap();
    let refused = "the server refuses the user or the password";
    for (url, expected) in [
        (at("", Some("not-the-secret"), redis.port()), refused),
        (at("stranger", known.password(), redis.port()), refused),
        (at("", None, redis.port()), "the server wants a password"),
        (
            at("", Some("not-the-secret"), free_port().unwrap()),
            "cannot be reached",
        ),
    ] {
        let (app, said) = reason(App::builder().redis(Some(&url))).await;
        assert!(said.contains(expected), "{expected}: {said}");
        let log = app.host.log().join("\n");
        assert!(!log.contains("not-the-secret") && !log.contains(known.password().unwrap()));
    }
}
