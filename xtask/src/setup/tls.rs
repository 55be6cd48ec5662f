//! TLS to PostgreSQL, with libpq's meaning of `sslmode`: `prefer` and `require` encrypt without asking who answers,
//! `verify-ca` and `verify-full` want a certificate that leads to one of the usual public roots.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use runledger_models::DatabaseUrl;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Reads a URL, and how its connections are to be encrypted, if at all.
pub(crate) fn parse(url: &str) -> Result<(Config, Option<MakeRustlsConnect>)> {
    let url = DatabaseUrl::parse(url)?;
    let (understood, verified) = url.for_driver();
    let config: Config = understood.parse().context("the database URL cannot be used")?;
    let plain = match config.get_ssl_mode() {
        SslMode::Disable => true,
        SslMode::Prefer => config.get_hosts().iter().all(is_this_machine),
        _ => false,
    };
    if plain {
        return Ok((config, None));
    }
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.context("set up TLS")?;
    let tls = if verified {
        let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        builder.with_root_certificates(roots).with_no_client_auth()
    } else {
        let anyone = Arc::new(Anyone(algorithms));
        builder
            .dangerous()
            .with_custom_certificate_verifier(anyone)
            .with_no_client_auth()
    };
    Ok((config, Some(MakeRustlsConnect::new(tls))))
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
        Host::Unix(_) => true,
    }
}

/// Takes any certificate, from a server that holds the key to it.
#[derive(Debug)]
struct Anyone(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _stapled: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        let check = |url: &str, encrypted| assert_eq!(parse(url).unwrap().1.is_some(), encrypted, "{url}");
        check("postgres://me@127.0.0.1/ledger", false);
        check("postgres://me@localhost/ledger", false);
        check("host=/run/postgresql user=me", false);
        check("postgres://me@127.0.0.1/ledger?sslmode=require", true);
        check("postgres://me@db.example.com/ledger", true);
        check("postgres://me@db.example.com/ledger?sslmode=disable", false);
        check("postgres://me@db.example.com/ledger?sslmode=verify-full", true);
        assert!(parse("mysql://me@db.example.com").is_err());
    }
}
