//! A way to a server that can be cut and closed, as if the server had gone away.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Forwards connections to a server.
pub(crate) struct Proxy {
    address: String,
    target: String,
    closed: Arc<AtomicBool>,
    /// Counts the cuts; connections end when it changes.
    cuts: watch::Sender<u64>,
    /// Counts the connections.
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    /// A proxy to the server of `url`.
    pub(crate) async fn start(url: &str) -> Self {
        let target = authority(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let closed = Arc::<AtomicBool>::default();
        let (cuts, _) = watch::channel(0);
        let proxy = Self {
            address,
            target: target.clone(),
            closed: Arc::clone(&closed),
            cuts: cuts.clone(),
            connections: Arc::default(),
        };
        let connections = Arc::clone(&proxy.connections);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                if closed.load(Ordering::SeqCst) {
                    continue;
                }
                connections.fetch_add(1, Ordering::SeqCst);
                let mut cut = cuts.subscribe();
                let target = target.clone();
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(target).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        proxy
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// `url` by way of this proxy.
    pub(crate) fn through(&self, url: &str) -> String {
        let through = url.replacen(&self.target, &self.address, 1);
        assert_ne!(through, url, "{url} does not spell out its port");
        through
    }

    /// How many connections it has taken.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Ends all connections, and waits until they have ended.
    pub(crate) async fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
        self.cuts.closed().await;
    }

    /// Ends all connections and takes no new ones.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.cut().await;
    }

    /// Takes connections again.
    pub(crate) fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
    }
}

fn authority(url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    format!(
        "{}:{}",
        url.host_str().unwrap(),
        url.port().unwrap_or(if url.scheme() == "redis" { 6379 } else { 5432 })
    )
}
