//! The signatures that a token may carry: HS256, RS256 and ES256, and no others.
//!
//! `jsonwebtoken`'s own set brings every curve and hash there is, a fifth of a component's size. This one has what the
//! contract names; a token of any other algorithm does not verify.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey,
    crypto::{CryptoProvider, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
    jwk::{AlgorithmParameters, EllipticCurve, Jwk},
};
use p256::{ecdsa, elliptic_curve::sec1::ToEncodedPoint, pkcs8::DecodePublicKey};
use rsa::{
    BigUint, Pkcs1v15Sign, RsaPublicKey,
    pkcs1::{DecodeRsaPublicKey, EncodeRsaPublicKey},
    traits::SignatureScheme,
};
use sha2::{Digest, Sha256};
use signature::Verifier;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes these signatures the ones that `jsonwebtoken` knows. Every call after the first changes nothing.
pub(crate) fn install() {
    let _ = PROVIDER.install_default();
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the provider's signature")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let bytes = key.try_get_as_bytes()?;
    match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac) => {
            let mac = Hmac::new_from_slice(bytes).map_err(|_| ErrorKind::InvalidKeyFormat)?;
            Ok(Box::new(Hs256(mac)))
        }
        (Algorithm::RS256, AlgorithmFamily::Rsa) => {
            let key = RsaPublicKey::from_pkcs1_der(bytes).map_err(|_| ErrorKind::InvalidKeyFormat)?;
            Ok(Box::new(Rs256(key)))
        }
        (Algorithm::ES256, AlgorithmFamily::Ec) => {
            let key = ecdsa::VerifyingKey::from_sec1_bytes(bytes).map_err(|_| ErrorKind::InvalidEcdsaKey)?;
            Ok(Box::new(Es256(key)))
        }
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

/// The key of a PEM block, with its algorithm; `None` where it is neither RSA nor EC P-256.
pub(crate) fn from_pem(pem: &str) -> Option<(Algorithm, DecodingKey)> {
    let rsa = RsaPublicKey::from_public_key_pem(pem).or_else(|_| RsaPublicKey::from_pkcs1_pem(pem).map_err(drop));
    if let Ok(key) = rsa {
        return from_rsa(&key);
    }
    let key = p256::PublicKey::from_public_key_pem(pem).ok()?;
    Some((
        Algorithm::ES256,
        DecodingKey::from_ec_der(key.to_encoded_point(false).as_bytes()),
    ))
}

/// The key of a JWK, with its algorithm; `None` where it is neither RSA nor EC P-256.
pub(crate) fn from_jwk(jwk: &Jwk) -> Option<(Algorithm, DecodingKey)> {
    match &jwk.algorithm {
        AlgorithmParameters::RSA(parameters) => {
            let number = |text| {
                URL_SAFE_NO_PAD
                    .decode(text)
                    .ok()
                    .map(|bytes| BigUint::from_bytes_be(&bytes))
            };
            from_rsa(&RsaPublicKey::new(number(&parameters.n)?, number(&parameters.e)?).ok()?)
        }
        AlgorithmParameters::EllipticCurve(parameters) if parameters.curve == EllipticCurve::P256 => Some((
            Algorithm::ES256,
            DecodingKey::from_ec_components(&parameters.x, &parameters.y).ok()?,
        )),
        _ => None,
    }
}

fn from_rsa(key: &RsaPublicKey) -> Option<(Algorithm, DecodingKey)> {
    Some((
        Algorithm::RS256,
        DecodingKey::from_rsa_der(key.to_pkcs1_der().ok()?.as_bytes()),
    ))
}

struct Hs256(Hmac<Sha256>);

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let mac = self.0.clone().chain_update(message);
        mac.verify_slice(signature).map_err(signature::Error::from_source)
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

struct Rs256(RsaPublicKey);

impl Verifier<Vec<u8>> for Rs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        Pkcs1v15Sign::new::<Sha256>()
            .verify(&self.0, &Sha256::digest(message), signature)
            .map_err(signature::Error::from_source)
    }
}

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

struct Es256(ecdsa::VerifyingKey);

impl Verifier<Vec<u8>> for Es256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.verify(message, &ecdsa::Signature::from_slice(signature)?)
    }
}

impl JwtVerifier for Es256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}
