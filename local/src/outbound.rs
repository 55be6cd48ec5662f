//! Which hosts a component may reach: its `allowed_outbound_hosts`.
//!
//! An entry is `scheme://host[:port]`. The scheme may be `*`; the host `*`, `*.domain`, a network such as
//! `10.0.0.0/8`, or `self` (this application); the port `*`, a number, or a range `from..to` (without `to` itself).
//! Without a port the scheme's own is meant.

use std::{net::IpAddr, ops::Range};

use thiserror::Error;

/// What is wrong with an entry.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{entry:?} in allowed_outbound_hosts: {problem} (the form is scheme://host[:port], each of which may be `*`)")]
pub(crate) struct OutboundError {
    entry: String,
    problem: &'static str,
}

/// A component's allowed hosts.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedHosts(Vec<Entry>);

#[derive(Debug, Clone)]
struct Entry {
    scheme: Option<String>,
    host: Host,
    port: Port,
}

#[derive(Debug, Clone)]
enum Host {
    Any,
    This,
    /// With its leading dot.
    Subdomains(String),
    Network(IpAddr, u8),
    Named(String),
}

#[derive(Debug, Clone)]
enum Port {
    Any,
    Range(Range<u32>),
}

impl AllowedHosts {
    /// Parses entries whose templates are already filled in.
    pub(crate) fn parse<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Self, OutboundError> {
        let parse = |entry: S| {
            let entry = entry.as_ref();
            Entry::parse(entry.trim()).map_err(|problem| OutboundError {
                entry: entry.to_owned(),
                problem,
            })
        };
        entries.into_iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether `host:port` may be reached with `scheme`; the port is the scheme's own if it is `None`.
    pub(crate) fn allows(&self, scheme: &str, host: &str, port: Option<u16>) -> bool {
        // An IPv6 address stands in brackets in a URL.
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let Some(port) = port.or_else(|| default_port(scheme)) else {
            return false;
        };
        self.0
            .iter()
            .any(|entry| entry.allows_scheme(scheme) && entry.host.allows(host) && entry.port.allows(port))
    }

    /// Whether the application itself may be reached with `scheme`.
    pub(crate) fn allows_self(&self, scheme: &str) -> bool {
        self.0
            .iter()
            .any(|entry| entry.allows_scheme(scheme) && matches!(entry.host, Host::This | Host::Any))
    }
}

impl Entry {
    fn parse(entry: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = entry.split_once("://").ok_or("it has no scheme")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            // A colon inside brackets belongs to an IPv6 address.
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (rest, None),
        };
        if scheme != "*" && (scheme.is_empty() || !scheme.bytes().all(|b| b.is_ascii_alphabetic())) {
            return Err("the scheme is neither letters nor `*`");
        }
        Ok(Self {
            scheme: (scheme != "*").then(|| scheme.to_owned()),
            host: Host::parse(host)?,
            port: Port::parse(scheme, port)?,
        })
    }

    fn allows_scheme(&self, scheme: &str) -> bool {
        self.scheme.as_deref().is_none_or(|allowed| allowed == scheme)
    }
}

impl Host {
    fn parse(host: &str) -> Result<Self, &'static str> {
        match host {
            "" => return Err("it has no host"),
            "*" => return Ok(Self::Any),
            "self" | "self.alt" => return Ok(Self::This),
            _ => {}
        }
        if let Some((address, bits)) = host.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| "it has a path")?;
            let bits: u8 = bits.parse().map_err(|_| "the network's length is not a number")?;
            return if bits <= width(address) {
                Ok(Self::Network(address, bits))
            } else {
                Err("the network's length is too large")
            };
        }
        if let Some(domain) = host.strip_prefix("*.") {
            return if domain.contains('*') {
                Err("a `*` may only stand for the whole host or its first label")
            } else {
                Ok(Self::Subdomains(format!(".{domain}").to_ascii_lowercase()))
            };
        }
        if host.contains('*') {
            return Err("a `*` may only stand for the whole host or its first label");
        }
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        Ok(Self::Named(host.to_ascii_lowercase()))
    }

    fn allows(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::This => false,
            Self::Subdomains(suffix) => host.to_ascii_lowercase().ends_with(suffix),
            Self::Network(network, bits) => host.parse().is_ok_and(|address| contains(*network, *bits, address)),
            Self::Named(name) => name.eq_ignore_ascii_case(host),
        }
    }
}

impl Port {
    fn parse(scheme: &str, port: Option<&str>) -> Result<Self, &'static str> {
        let number = |text: &str| {
            text.parse::<u16>()
                .map(u32::from)
                .map_err(|_| "the port is not a number")
        };
        match port {
            None | Some("") => {
                let port = default_port(scheme).ok_or("it has no port, and its scheme has no usual one")?;
                Ok(Self::Range(u32::from(port)..u32::from(port) + 1))
            }
            Some("*") => Ok(Self::Any),
            Some(port) => match port.split_once("..") {
                Some((from, to)) => Ok(Self::Range(number(from)?..number(to)?)),
                None => number(port).map(|port| Self::Range(port..port + 1)),
            },
        }
    }

    fn allows(&self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Range(range) => range.contains(&u32::from(port)),
        }
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "postgres" => Some(5432),
        "redis" | "rediss" => Some(6379),
        "http" => Some(80),
        "https" => Some(443),
        "mysql" => Some(3306),
        "mqtt" => Some(1883),
        _ => None,
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn contains(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    // Both families as the high bits of 128, so that one comparison serves both.
    let widen = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    let differing = widen(network) ^ widen(address);
    network.is_ipv4() == address.is_ipv4() && differing.leading_zeros() >= u32::from(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(entry: &str, allowed: &[(&str, &str, Option<u16>)], denied: &[(&str, &str, Option<u16>)]) {
        let hosts = AllowedHosts::parse([entry]).unwrap();
        for (scheme, host, port) in allowed {
            assert!(
                hosts.allows(scheme, host, *port),
                "{entry} should allow {scheme}://{host} {port:?}"
            );
        }
        for (scheme, host, port) in denied {
            assert!(
                !hosts.allows(scheme, host, *port),
                "{entry} should deny {scheme}://{host} {port:?}"
            );
        }
    }

    #[test]
    fn hosts_are_allowed_as_written() {
        check(
            "postgres://db.example",
            &[("postgres", "db.example", None), ("postgres", "DB.example", Some(5432))],
            &[
                ("postgres", "db.example", Some(5433)),
                ("redis", "db.example", Some(5432)),
                ("postgres", "x", None),
            ],
        );
        check(
            "redis://127.0.0.1:7000",
            &[("redis", "127.0.0.1", Some(7000))],
            &[("redis", "127.0.0.1", None)],
        );
        check(
            "https://[::1]:8443/",
            &[("https", "[::1]", Some(8443)), ("https", "::1", Some(8443))],
            &[],
        );
        check(
            "http://h:80..82",
            &[("http", "h", None), ("http", "h", Some(81))],
            &[("http", "h", Some(82))],
        );
    }

    #[test]
    fn wildcards_stand_for_anything() {
        check("*://*:*", &[("http", "a.b", Some(1)), ("postgres", "::1", None)], &[]);
        check("*://h:1", &[("x", "h", Some(1))], &[("x", "h", Some(2))]);
        check(
            "https://*.example.com",
            &[("https", "a.example.com", None), ("https", "a.b.example.com", None)],
            &[
                ("https", "example.com", None),
                ("https", "badexample.com", None),
                ("http", "a.example.com", None),
            ],
        );
        check(
            "http://10.0.0.0/8:*",
            &[("http", "10.1.2.3", Some(9))],
            &[
                ("http", "11.0.0.1", Some(9)),
                ("http", "ten.example", Some(9)),
                ("http", "::1", Some(9)),
            ],
        );
    }

    #[test]
    fn self_is_the_application_alone() {
        let hosts = AllowedHosts::parse(["http://self"]).unwrap();
        assert!(hosts.allows_self("http") && !hosts.allows_self("https"));
        assert!(!hosts.allows("http", "self", None));
        assert!(!AllowedHosts::default().allows_self("http"));
    }

    #[test]
    fn mistakes_are_named() {
        for (entry, problem) in [
            ("db.example", "no scheme"),
            ("*", "no scheme"),
            ("postgres://", "no host"),
            ("pg9://h:1", "neither letters"),
            ("*://h", "no usual one"),
            ("http://h:x", "not a number"),
            ("http://a.*.b", "`*` may only"),
            ("http://h/path", "has a path"),
            ("http://10.0.0.0/33", "too large"),
        ] {
            let error = AllowedHosts::parse([entry]).unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains(entry), "{entry}: {error}");
        }
    }
}
