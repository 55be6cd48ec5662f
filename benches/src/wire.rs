//! What a server says to Postgres, counted on the wire: a relay that reads the messages that pass.
//!
//! The server's own statistics would need an extension, and do not know round trips.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use anyhow::{Context as _, Result, anyhow, ensure};
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use url::Url;

/// A request for encryption, in place of a start-up message.
const ENCRYPTION_REQUESTS: [u32; 2] = [80_877_103, 80_877_104];

/// What passed so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Traffic {
    /// Statements that were run.
    pub(crate) statements: u64,
    /// Times that the server was waited for.
    pub(crate) round_trips: u64,
    /// Statements that were prepared.
    pub(crate) prepared: u64,
    /// Connections that were made.
    pub(crate) connections: u64,
}

#[derive(Default)]
struct Counters {
    statements: AtomicU64,
    round_trips: AtomicU64,
    prepared: AtomicU64,
    connections: AtomicU64,
}

/// A relay to a database.
pub(crate) struct Wire {
    url: Url,
    counters: Arc<Counters>,
}

impl Wire {
    /// Relays to `database` for as long as the runtime lives.
    pub(crate) async fn relay(database: &Url) -> Result<Self> {
        let target = address(database).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut url = database.clone();
        let own = listener.local_addr()?;
        url.set_ip_host(own.ip())
            .and_then(|()| url.set_port(Some(own.port())))
            .map_err(|()| anyhow!("the database's URL has no place for a host and a port"))?;
        let counters = Arc::<Counters>::default();
        let shared = Arc::clone(&counters);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let counters = Arc::clone(&shared);
                tokio::spawn(async move {
                    if let Err(error) = pass(client, target, &counters).await {
                        eprintln!("warning: a connection to Postgres could not be relayed: {error:#}");
                    }
                });
            }
        });
        Ok(Self { url, counters })
    }

    /// The database's address by way of the relay.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// What passed so far.
    pub(crate) fn traffic(&self) -> Traffic {
        self.counters.read()
    }
}

impl Counters {
    fn read(&self) -> Traffic {
        Traffic {
            statements: self.statements.load(Relaxed),
            round_trips: self.round_trips.load(Relaxed),
            prepared: self.prepared.load(Relaxed),
            connections: self.connections.load(Relaxed),
        }
    }
}

impl Traffic {
    /// What passed since `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            statements: self.statements - earlier.statements,
            round_trips: self.round_trips - earlier.round_trips,
            prepared: self.prepared - earlier.prepared,
            connections: self.connections - earlier.connections,
        }
    }
}

async fn address(database: &Url) -> Result<SocketAddr> {
    let host = database.host_str().context("the database's URL names no host")?;
    ensure!(
        !host.starts_with('%'),
        "give the database's address as a TCP host and port"
    );
    let port = database.port().unwrap_or(5432);
    let mut found = tokio::net::lookup_host((host, port)).await?;
    found.next().with_context(|| format!("{host} has no address"))
}

async fn pass(client: TcpStream, target: SocketAddr, counters: &Counters) -> Result<()> {
    let server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    counters.connections.fetch_add(1, Relaxed);
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    // Either end may go first, and without a word: that is how connections end here.
    tokio::select! {
        asked = ask(from_client, to_server, counters) => asked?,
        answered = copy(&mut from_server, &mut to_client) => drop(answered),
    }
    Ok(())
}

async fn ask(mut client: OwnedReadHalf, mut server: OwnedWriteHalf, counters: &Counters) -> Result<()> {
    let mut reader = Reader::default();
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let Ok(count @ 1..) = client.read(&mut chunk).await else {
            return Ok(());
        };
        reader.read(&chunk[..count], counters);
        if server.write_all(&chunk[..count]).await.is_err() {
            return Ok(());
        }
    }
}

/// Reads the messages of a client, in whatever pieces they come.
#[derive(Default)]
struct Reader {
    started: bool,
    /// The beginning of a message of which too little is here yet.
    head: Vec<u8>,
    /// Bytes of the current message that are still to come.
    skip: usize,
}

impl Reader {
    fn read(&mut self, mut bytes: &[u8], counters: &Counters) {
        while !bytes.is_empty() {
            if self.skip > 0 {
                let skipped = self.skip.min(bytes.len());
                self.skip -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            if !self.started {
                self.read_start();
            } else if let [kind, a, b, c, d] = self.head[..] {
                self.skip = (u32::from_be_bytes([a, b, c, d]) as usize).saturating_sub(4);
                self.head.clear();
                counters.count(kind);
            }
        }
    }

    /// What comes first has no kind: its length, then a protocol version or a request for encryption.
    fn read_start(&mut self) {
        if let [a, b, c, d, e, f, g, h] = self.head[..] {
            self.skip = (u32::from_be_bytes([a, b, c, d]) as usize).saturating_sub(8);
            self.started = !ENCRYPTION_REQUESTS.contains(&u32::from_be_bytes([e, f, g, h]));
            self.head.clear();
        }
    }
}

impl Counters {
    fn count(&self, kind: u8) {
        let counters: &[&AtomicU64] = match kind {
            b'Q' => &[&self.statements, &self.round_trips],
            b'E' => &[&self.statements],
            b'P' => &[&self.prepared],
            b'S' => &[&self.round_trips],
            _ => &[],
        };
        for counter in counters {
            counter.fetch_add(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind][..], &length, body].concat()
    }

    #[test]
    fn messages_are_counted_in_whatever_pieces_they_come() {
        let encryption = [0, 0, 0, 8, 4, 210, 22, 47];
        let start = [0, 0, 0, 13, 0, 3, 0, 0, b'u', 0, b'a', 0, 0];
        let asked = [
            &encryption[..],
            &start,
            &message(b'p', b"secret"),
            &message(b'Q', b"SELECT 'PPP'\0"),
            &message(b'P', b"\0SELECT\0\0\0"),
            &message(b'S', b""),
            &message(b'B', b"EEESSS"),
            &message(b'E', b"\0\0\0\0\0"),
            &message(b'S', b""),
        ]
        .concat();
        for size in [1, 2, 7, asked.len()] {
            let (mut reader, counters) = (Reader::default(), Counters::default());
            for piece in asked.chunks(size) {
                reader.read(piece, &counters);
            }
            let expected = Traffic {
                statements: 2,
                round_trips: 3,
                prepared: 1,
                connections: 0,
            };
            assert_eq!(counters.read(), expected, "pieces of {size}");
        }
    }
}
