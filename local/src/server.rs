//! Connections: accepting them, HTTP/1.1 on them, and stopping in good order.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

use crate::{
    connections::{Connections, Peer},
    service::Service,
};

/// Header lines of a request.
const MAX_HEADERS: usize = 128;
/// Bytes of a request's head.
const MAX_HEAD: usize = 64 * 1024;
/// How long to wait when no connection can be accepted, as when there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long the log says nothing more of connections that are refused.
const REFUSAL_SILENCE: Duration = Duration::from_secs(10);

/// Where connections come in.
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    /// Whether small packets are sent at once.
    no_delay: bool,
}

impl Server {
    /// Listens at `address`. With `no_delay` small packets are sent at once, which Spin does not do.
    pub(crate) async fn bind(address: SocketAddr, no_delay: bool) -> Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen at {address}; choose another address with --listen"))?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            address,
            no_delay,
        })
    }

    /// Where it listens in fact.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is ready, then lets requests in flight end for `patience`.
    pub(crate) async fn run(self, service: Arc<Service>, stop: impl Future<Output = ()>, patience: Duration) {
        let (stopping, stopped) = watch::channel(false);
        // Each connection holds a sender; when all are gone, so are the connections.
        let (alive, mut all_gone) = mpsc::channel::<Infallible>(1);
        let mut stop = std::pin::pin!(stop);
        let connections = Connections::new(&service.limits);
        let mut refusal_logged = None::<Instant>;
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, from)) => {
                        let Some(counted) = connections.count(from.ip()) else {
                            if refusal_logged.is_none_or(|logged| logged.elapsed() > REFUSAL_SILENCE) {
                                tracing::warn!(%from, "too many connections; more are refused");
                                refusal_logged = Some(Instant::now());
                            }
                            connections.refuse(stream);
                            continue;
                        };
                        // Otherwise what follows a first packet may wait for the client's delayed acknowledgement, some
                        // 40 ms.
                        if self.no_delay && stream.set_nodelay(true).is_err() {
                            continue;
                        }
                        let connection = serve_connection(stream, Arc::clone(&service), stopped.clone());
                        let alive = alive.clone();
                        tokio::spawn(async move {
                            connection.await;
                            drop((counted, alive));
                        });
                    }
                    Err(error) => accept_failed(&error).await,
                },
            }
        }
        drop(self.listener);
        drop(alive);
        service.admission.end_streams();
        let _ = stopping.send(true);
        if timeout(patience, all_gone.recv()).await.is_err() {
            tracing::warn!("requests were still in flight at the end");
        }
    }
}

async fn accept_failed(error: &io::Error) {
    tracing::warn!(%error, "a connection cannot be accepted");
    sleep(ACCEPT_PAUSE).await;
}

/// Waits for the word to stop.
async fn until(stopped: &mut watch::Receiver<bool>) {
    // Without a sender nobody will say it, but then the server is gone as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn serve_connection(stream: TcpStream, service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    // Fails for a peer that has gone again.
    let Ok(peer) = Peer::new(stream, Arc::clone(&service)) else {
        return;
    };
    let head_patience = service.limits.header_deadline_ms;
    let answer = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(service.serve(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_patience)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(peer), answer);
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = &mut connection => result,
        () = until(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        // Mostly clients that went away.
        tracing::debug!(%error, "a connection failed");
    }
}
