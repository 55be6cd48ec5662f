//! Tokens of every kind: good ones, and the raw material for bad ones.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use rsa::{
    pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding},
    rand_core::OsRng,
    traits::PublicKeyParts,
};
use serde_json::{Value, json};

/// The secret that applications under test check HS256 tokens with.
pub const SECRET: &str = "a secret of the end-to-end suite, longer than 32 bytes";

pub use runledger_tokens::now;

/// The claims of a good token.
pub fn claims(sub: &str, role: &str) -> Value {
    json!({ "sub": sub, "role": role, "exp": now() + 3600 })
}

/// A good token.
pub fn token(sub: &str, role: &str) -> String {
    hs256(SECRET.as_bytes(), &claims(sub, role))
}

/// A token signed with a secret.
pub fn hs256(secret: &[u8], claims: &Value) -> String {
    runledger_tokens::sign(secret, claims).expect("the token can be signed")
}

/// A token without a signature, with any header.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.", part(header), part(claims))
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn sign(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    jsonwebtoken::encode(header, claims, key).expect("the token can be signed")
}

/// A key pair that tokens are signed with, made anew for each test.
pub struct KeyPair {
    algorithm: Algorithm,
    private: EncodingKey,
    /// The public key as PEM.
    pub public_pem: String,
    /// The public key as a member of a JWKS, without `kid`.
    pub jwk: Value,
}

impl KeyPair {
    /// A key pair for RS256.
    pub fn rsa() -> Self {
        let private = rsa::RsaPrivateKey::new(&mut OsRng, 2048).expect("an RSA key can be made");
        let public = private.to_public_key();
        let pem = private.to_pkcs8_pem(LineEnding::LF).expect("an RSA key has a PEM form");
        let (n, e) = (public.n().to_bytes_be(), public.e().to_bytes_be());
        Self {
            algorithm: Algorithm::RS256,
            private: EncodingKey::from_rsa_pem(pem.as_bytes()).expect("the key was just written"),
            public_pem: public
                .to_public_key_pem(LineEnding::LF)
                .expect("an RSA key has a PEM form"),
            jwk: json!({
                "kty": "RSA", "alg": "RS256", "use": "sig",
                "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e),
            }),
        }
    }

    /// A key pair for ES256.
    pub fn ec() -> Self {
        let private = p256::SecretKey::random(&mut OsRng);
        let public = private.public_key();
        let pem = private.to_pkcs8_pem(LineEnding::LF).expect("an EC key has a PEM form");
        let point = public.to_encoded_point(false);
        let coordinate = |bytes: Option<&p256::FieldBytes>| URL_SAFE_NO_PAD.encode(bytes.expect("not the identity"));
        Self {
            algorithm: Algorithm::ES256,
            private: EncodingKey::from_ec_pem(pem.as_bytes()).expect("the key was just written"),
            public_pem: public
                .to_public_key_pem(LineEnding::LF)
                .expect("an EC key has a PEM form"),
            jwk: json!({
                "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
                "x": coordinate(point.x()), "y": coordinate(point.y()),
            }),
        }
    }

    /// The public key as a member of a JWKS, with a `kid`.
    pub fn jwk_named(&self, kid: &str) -> Value {
        let mut jwk = self.jwk.clone();
        jwk["kid"] = kid.into();
        jwk
    }

    /// A token signed with the private key; `kid` goes into its header.
    pub fn sign(&self, kid: Option<&str>, claims: &Value) -> String {
        let header = Header {
            kid: kid.map(str::to_owned),
            ..Header::new(self.algorithm)
        };
        sign(&header, claims, &self.private)
    }
}
