//! Connections: how many there may be, in all and from one address, and what is asked of the sockets.

use std::{
    collections::HashMap,
    io::{self, IoSlice},
    net::{IpAddr, Ipv6Addr},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Semaphore,
    time::timeout,
};

use crate::{
    options::Limits,
    pace::Pace,
    problem::{Problem, new_id},
    service::Service,
};

/// Bytes that the kernel takes of a response beyond what is on its way: enough to keep the peer busy, and few enough to
/// see soon that it takes nothing.
const UNSENT: u32 = 128 * 1024;
/// Connections that wait for their peer to read that there are too many.
const REFUSED_AT_ONCE: usize = 64;
/// How long they wait.
const REFUSED_PATIENCE: Duration = Duration::from_secs(1);
/// Open files besides connections from outside: servers, other connections, the program itself.
const OTHER_FILES: u64 = 512;
/// Connections from one address that is not this machine, unless the command line says otherwise.
const MAX_PER_ADDRESS: usize = 1024;

/// Counts connections.
pub(crate) struct Connections {
    max: usize,
    max_per_address: Option<usize>,
    open: Mutex<Open>,
    refused: Arc<Semaphore>,
}

#[derive(Default)]
struct Open {
    all: usize,
    per_address: HashMap<IpAddr, usize>,
}

/// A connection that counts as open until this is dropped.
pub(crate) struct Counted {
    connections: Arc<Connections>,
    address: IpAddr,
}

impl Connections {
    /// As many as `limits` say, and as the system lets this process have.
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            max: limits.max_connections.min(open_files(limits.max_connections)),
            max_per_address: limits.max_connections_per_address,
            open: Mutex::default(),
            refused: Arc::new(Semaphore::new(REFUSED_AT_ONCE)),
        })
    }

    /// Counts one more from `address`, unless there are too many.
    pub(crate) fn count(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let address = owner(address);
        let max_per_address = match self.max_per_address {
            Some(0) => usize::MAX,
            Some(max) => max,
            // A proxy on this machine speaks for everybody.
            None if address.is_loopback() => usize::MAX,
            None => MAX_PER_ADDRESS,
        };
        let mut open = self.open();
        if open.all >= self.max
            || open
                .per_address
                .get(&address)
                .is_some_and(|count| *count >= max_per_address)
        {
            return None;
        }
        open.all += 1;
        *open.per_address.entry(address).or_default() += 1;
        Some(Counted {
            connections: Arc::clone(self),
            address,
        })
    }

    /// Says on `stream` that there are too many connections, and closes it.
    pub(crate) fn refuse(&self, stream: TcpStream) {
        let answer = Problem::Crowded.message(&new_id());
        // Its buffer is empty, so this takes all of it or the peer has gone.
        let _ = SockRef::from(&stream).send(&answer);
        // Closing a socket with unread bytes resets it, and the peer might not get to read the answer.
        if let Ok(place) = Arc::clone(&self.refused).try_acquire_owned() {
            tokio::spawn(async move {
                let _place = place;
                let mut stream = stream;
                let _ = SockRef::from(&stream).shutdown(std::net::Shutdown::Write);
                let mut unwanted = [0; 4096];
                let read = async { while matches!(stream.read(&mut unwanted).await, Ok(1..)) {} };
                let _ = timeout(REFUSED_PATIENCE, read).await;
            });
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.all -= 1;
        if let Some(count) = open.per_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.per_address.remove(&self.address);
            }
        }
    }
}

/// What stands for the owner of `address`: with IPv6 its network of 64 bits, since whoever has one has all of it.
fn owner(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

/// Asks the system for as many open files as it lets this process have; how many of `wanted` connections that allows.
fn open_files(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let allowed = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(_) => current,
    };
    let Some(allowed) = allowed else {
        return usize::MAX;
    };
    let possible = usize::try_from(allowed.saturating_sub(OTHER_FILES))
        .unwrap_or(usize::MAX)
        .max(1);
    if possible < wanted {
        tracing::warn!(
            open_files = allowed,
            max_connections = wanted,
            possible,
            "the system allows fewer open files than --max-connections needs (ulimit -n); fewer are accepted"
        );
    }
    possible
}

/// The socket of a connection. A peer that takes too little of a response is cut off.
pub(crate) struct Peer {
    stream: TcpStream,
    pace: Pace,
    service: Arc<Service>,
}

impl Peer {
    /// Sets `stream` up.
    pub(crate) fn new(stream: TcpStream, service: Arc<Service>) -> io::Result<Self> {
        let socket = SockRef::from(&stream);
        let dead = service.limits.dead_peer_ms;
        if !dead.is_zero() {
            socket.set_tcp_user_timeout(Some(dead))?;
            // In whole seconds, of which there must be one.
            let seconds = |time: Duration| Duration::from_secs(time.as_secs().max(1));
            let keepalive = TcpKeepalive::new()
                .with_time(seconds(dead / 2))
                .with_interval(seconds(dead / 4));
            socket.set_tcp_keepalive(&keepalive)?;
        }
        // Not every system has it, and without it slow peers are only noticed later.
        let _ = socket.set_tcp_notsent_lowat(UNSENT);
        Ok(Self {
            pace: Pace::new(service.limits.patience()),
            stream,
            service,
        })
    }

    /// Looks at what became of a write.
    fn written(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &result {
            Poll::Ready(Ok(bytes)) => self.pace.progress(*bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let service = &self.service;
                if self.pace.poll_given_up(cx, || service.responses_are_short()).is_ready() {
                    // What it did not take is not kept for it.
                    let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
        result
    }
}

impl AsyncRead for Peer {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Peer {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.written(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(max: usize, max_per_address: Option<usize>) -> Arc<Connections> {
        Arc::new(Connections {
            max,
            max_per_address,
            open: Mutex::default(),
            refused: Arc::new(Semaphore::new(0)),
        })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn connections_are_counted_in_all_and_for_each_owner_of_addresses() {
        let connections = connections(3, Some(2));
        let one = connections.count(address("10.0.0.1")).unwrap();
        let _two = connections.count(address("::ffff:10.0.0.1")).unwrap();
        assert!(connections.count(address("10.0.0.1")).is_none(), "the same address");
        let _three = connections.count(address("2001:db8::1")).unwrap();
        assert!(connections.count(address("10.0.0.2")).is_none(), "three in all");
        drop(one);
        let _four = connections.count(address("2001:db8::2")).unwrap();
        assert_eq!(connections.open().per_address[&address("2001:db8::")], 2, "one network");
    }

    #[test]
    fn a_proxy_on_this_machine_has_no_limit_of_its_own_unless_one_is_given() {
        for (limit, from, allowed) in [
            (None, "127.0.0.1", 2000),
            (None, "::1", 2000),
            (None, "10.0.0.1", MAX_PER_ADDRESS),
            (Some(0), "10.0.0.1", 2000),
            (Some(5), "127.0.0.1", 5),
        ] {
            let connections = connections(2000, limit);
            let open: Vec<_> = (0..3000).filter_map(|_| connections.count(address(from))).collect();
            assert_eq!(open.len(), allowed, "{limit:?} {from}");
        }
    }
}
