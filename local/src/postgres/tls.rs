//! TLS to Postgres, with libpq's meaning of `sslmode`: `prefer` and `require` encrypt without checking who answers,
//! unless a root certificate was given; `verify-ca` and `verify-full` check against the usual public roots too.

use std::sync::Arc;

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
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
        let failed = |error: &dyn std::fmt::Display| Error::ConnectionFailed(format!("cannot set TLS up: {error}"));
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?;
        let config = if verify || ca_root.is_some() {
            let mut roots = RootCertStore::empty();
            match ca_root {
                Some(pem) => {
                    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                        let certificate = certificate.map_err(|error| failed(&error))?;
                        roots.add(certificate).map_err(|error| failed(&error))?;
                    }
                    if roots.is_empty() {
                        return Err(failed(&"the root certificate holds no certificate; give PEM text"));
                    }
                }
                None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        } else {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyServer(provider)))
                .with_no_client_auth()
        };
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

/// Accepts every certificate, but checks that the server holds its key.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
