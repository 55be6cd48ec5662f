//! Addresses of Postgres servers: a URL (the platform's own too) or `key=value` pairs, checked against the hosts that
//! the component may reach.

use std::net::IpAddr;

use runledger_models::DatabaseUrl;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

use super::tls::Tls;
use crate::{bindings::spin::postgres::postgres::Error, outbound::AllowedHosts};

/// Port of a server whose address does not say.
const DEFAULT_PORT: u16 = 5432;

/// Where and how to connect.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: Tls,
}

impl Address {
    /// Parses `text`; `ca_root` is the PEM certificate that the server's own must lead to.
    pub(super) fn parse(text: &str, ca_root: Option<&str>, allowed: &AllowedHosts) -> Result<Self, Error> {
        let url = DatabaseUrl::parse(text).map_err(|fault| Error::ConnectionFailed(fault.to_string()))?;
        let (text, verify) = url.for_driver();
        let mut config: Config = text
            .parse()
            .map_err(|error| Error::ConnectionFailed(format!("the database URL cannot be used: {error}")))?;
        check_hosts(&config, allowed)?;
        if config.get_application_name().is_none() {
            config.application_name("runledger-local");
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => Tls::Off,
            // Encryption on the way from this machine to itself protects nothing and costs time.
            SslMode::Prefer if !verify && ca_root.is_none() && config.get_hosts().iter().all(is_loopback) => Tls::Off,
            _ => Tls::new(verify, ca_root)?,
        };
        if matches!(tls, Tls::Off) {
            config.ssl_mode(SslMode::Disable);
        }
        Ok(Self { config, tls })
    }
}

fn check_hosts(config: &Config, allowed: &AllowedHosts) -> Result<(), Error> {
    let ports = config.get_ports();
    let port_of = |index: usize| match ports {
        [] => DEFAULT_PORT,
        [port] => *port,
        ports => ports.get(index).copied().unwrap_or(DEFAULT_PORT),
    };
    let check = |host: &str, port: u16| {
        if allowed.allows("postgres", host, Some(port)) {
            Ok(())
        } else {
            Err(Error::ConnectionFailed(format!(
                "postgres://{}:{port} is not among the component's allowed_outbound_hosts",
                if host.contains(':') {
                    format!("[{host}]")
                } else {
                    host.to_owned()
                }
            )))
        }
    };
    for (index, host) in config.get_hosts().iter().enumerate() {
        match host {
            Host::Tcp(host) => check(host, port_of(index))?,
            #[cfg(unix)]
            Host::Unix(_) => {
                return Err(Error::ConnectionFailed(
                    "components cannot reach Unix sockets; use a host name".into(),
                ));
            }
        }
    }
    // These are where the connection really goes, whatever the names say.
    for (index, address) in config.get_hostaddrs().iter().enumerate() {
        check(&address.to_string(), port_of(index))?;
    }
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(Error::ConnectionFailed("the Postgres address names no host".into()));
    }
    Ok(())
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, Error> {
        Address::parse(
            text,
            None,
            &AllowedHosts::parse([
                "postgres://127.0.0.1:5433",
                "postgres://db.example",
                "postgres://[::1]:5433",
            ])
            .unwrap(),
        )
    }

    #[test]
    fn only_allowed_hosts_are_accepted() {
        for text in [
            "postgres://u@127.0.0.1:5433/d",
            "host=127.0.0.1 port=5433 user=u",
            "postgres://u@db.example/d",
            "postgres://u@[::1]:5433/d",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in [
            "postgres://u@127.0.0.1/d",
            "postgres://u@other.example/d",
            "postgres://u@db.example,other.example/d",
            "host=db.example hostaddr=10.0.0.1 user=u",
            "host=/var/run/postgresql user=u",
            "user=u",
            "nonsense",
            "postgres://u@[::1]/d",
            "postgres://u@db.example",
        ] {
            assert!(matches!(parse(text), Err(Error::ConnectionFailed(_))), "{text}");
        }
    }

    #[test]
    fn errors_do_not_show_the_password() {
        for text in [
            "postgres://u:hunter2@other.example/d",
            "postgres://u:hunter2@127.0.0.1:5433/d?nope=1",
        ] {
            let error = format!("{:?}", parse(text).err());
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn tls_is_left_out_only_where_it_protects_nothing() {
        let is_off = |text: &str| matches!(parse(text).unwrap().tls, Tls::Off);
        assert!(is_off("postgres://u@127.0.0.1:5433/d"));
        assert!(is_off("postgres://u@db.example/d?sslmode=disable"));
        assert!(!is_off("postgres://u@127.0.0.1:5433/d?sslmode=require"));
        assert!(!is_off("postgres://u@127.0.0.1:5433/d?sslmode=verify-full"));
        assert!(!is_off("postgres://u@db.example/d"));
    }

    #[test]
    fn options_reach_the_server() {
        for (text, options) in [
            (
                "postgres://u@db.example/d?options=-c%20search_path%3Dplatform",
                "-c search_path=platform",
            ),
            (
                "postgres://u@db.example/d?schema=platform&connection_limit=5&pgbouncer=true",
                "-csearch_path=platform",
            ),
            (
                "postgres://u@db.example/d?schema=My%20Schema",
                "-csearch_path=\"My\\ Schema\"",
            ),
        ] {
            let address = parse(text).unwrap();
            assert_eq!(address.config.get_options(), Some(options), "{text}");
        }
    }
}
