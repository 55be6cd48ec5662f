//! Whether and how a connection to Postgres is encrypted.

use std::sync::Arc;

use runledger_postgres_tls::client_config;
use rustls::ClientConfig;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::bindings::spin::postgres::postgres::Error;

/// Whether and how to encrypt.
#[derive(Clone)]
pub(super) enum Tls {
    /// Not at all.
    Off,
    /// As configured.
    On(Arc<ClientConfig>),
}

impl Tls {
    /// With `verify` or a PEM root certificate the server must prove who it is.
    pub(super) fn new(verify: bool, ca_root: Option<&str>) -> Result<Self, Error> {
        let config = client_config(verify, ca_root).map_err(|error| Error::ConnectionFailed(error.to_string()))?;
        Ok(Self::On(Arc::new(config)))
    }

    /// A connector for tokio-postgres, if TLS is on.
    pub(super) fn connector(&self) -> Option<MakeRustlsConnect> {
        match self {
            Self::Off => None,
            Self::On(config) => Some(MakeRustlsConnect::new(ClientConfig::clone(config))),
        }
    }
}
