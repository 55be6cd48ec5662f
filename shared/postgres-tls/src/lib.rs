//! TLS to PostgreSQL, with libpq's meaning of `sslmode`: `prefer` and `require` encrypt without checking who answers, unless a
//! root certificate was given; `verify-ca` and `verify-full` check against the usual public roots too. For the host and the
//! tool; no component depends on it.

use std::fmt::Display;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set TLS up: {0}")]
pub struct Error(String);

impl Error {
    fn new(why: impl Display) -> Self {
        Self(why.to_string())
    }
}

/// How to speak TLS. With `verify` or a PEM root certificate the server must prove who it is.
pub fn client_config(verify: bool, ca_root: Option<&str>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::new)?;
    if !verify && ca_root.is_none() {
        let anyone = Arc::new(AnyServer(algorithms));
        let builder = builder.dangerous().with_custom_certificate_verifier(anyone);
        return Ok(builder.with_no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    match ca_root {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                roots.add(certificate.map_err(Error::new)?).map_err(Error::new)?;
            }
            if roots.is_empty() {
                return Err(Error::new("the root certificate holds no certificate; give PEM text"));
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Accepts every certificate, but checks that the server holds its key.
#[derive(Debug)]
struct AnyServer(WebPkiSupportedAlgorithms);

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
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
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
    fn a_root_certificate_is_pem() {
        assert!(client_config(false, None).is_ok() && client_config(true, None).is_ok());
        let error = client_config(false, Some("none")).unwrap_err().to_string();
        assert_eq!(
            error,
            "cannot set TLS up: the root certificate holds no certificate; give PEM text"
        );
    }
}
