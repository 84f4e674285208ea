//! How does an app sign in with a certificate? By an assertion that only its private key can sign.
//!
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{AlgorithmParameters, Jwk},
};
use p12_keystore::Pkcs12Archive;
use rustls_pki_types::pem::{PemObject, SectionKind};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::validity;
use crate::error::{Error, ErrorKind, Result};

/// How long an assertion is good for; Microsoft asks for 5 to 10 minutes.
const VALIDITY: Duration = Duration::from_mins(9);
/// The shortest modulus that can prove anything (2,048 bits).
const MODULUS_BYTES_MIN: usize = 256;
/// How each part of a PEM file begins.
const BEGIN: &[u8] = b"-----BEGIN ";
/// The first byte of DER, of a certificate as of a PKCS#12 archive.
const DER_SEQUENCE: u8 = 0x30;
/// What the form calls a signed assertion.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An RSA key and the certificate that belongs to it.
#[derive(Clone)]
pub struct Certificate {
    key: Arc<EncodingKey>,
    /// SHA-256 of the certificate's DER, as `x5t#S256` carries it.
    thumbprint: String,
    /// When the certificate ends, where that can be read.
    ends: Option<Timestamp>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.thumbprint)
    }
}

impl Certificate {
    /// The key and certificate in PEM: a private key (PKCS#8 or PKCS#1, not encrypted) and certificates in
    /// any order, of one file or of two files put together. Of several certificates, the key's own is taken.
    pub fn from_pem(pem: &[u8]) -> Result<Self> {
        if !pem.windows(BEGIN.len()).any(|window| window == BEGIN) && !pem.is_empty() {
            return Err(wrong(if pem.starts_with(&[DER_SEQUENCE]) {
                "is binary (DER, as a .cer file often is) where PEM is expected, and holds no private key; export it with its key as .pfx, or as PEM"
            } else {
                "is not in the file, which has no PEM in it (-----BEGIN CERTIFICATE-----); check that it is the right one"
            }));
        }
        let mut key = None;
        let mut certificates = Vec::new();
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
            let (kind, der) = section.map_err(|error| wrong("is not valid PEM").because(error.to_string()))?;
            if kind == SectionKind::Certificate {
                certificates.push(der);
            } else if kind == SectionKind::PrivateKey {
                key = Some(pem_of("PRIVATE KEY", &der));
            } else if kind == SectionKind::RsaPrivateKey {
                key = Some(pem_of("RSA PRIVATE KEY", &der));
            } else if kind == SectionKind::EcPrivateKey {
                return Err(wrong("has an elliptic-curve key; Microsoft Entra signs apps in with RSA keys only"));
            }
        }
        let encrypted = pem.windows(21).any(|window| window == b"ENCRYPTED PRIVATE KEY");
        let key = key.ok_or_else(|| {
            wrong(if encrypted {
                "has an encrypted private key; decrypt it, or use a PKCS#12 file with its password"
            } else {
                "has no private key; put the key and the certificate into one PEM file"
            })
        })?;
        Self::of(&key, certificates.iter().map(Vec::as_slice))
    }

    /// The key and certificate in a PKCS#12 (`.pfx`, `.p12`) file. Of several certificates, the key's own
    /// is taken.
    pub fn from_pkcs12(archive: &[u8], password: &SecretString) -> Result<Self> {
        let archive = Pkcs12Archive::from_pkcs12(archive, password.expose_secret())
            .map_err(|error| wrong("could not be opened as PKCS#12; check the password and the file").because(error.to_string()))?;
        let [bag] = archive.keys.as_slice() else {
            return Err(wrong("must have exactly one private key; export that one alone"));
        };
        let key = pem_of("PRIVATE KEY", bag.key.as_der());
        Self::of(&key, archive.certs.iter().map(|bag| bag.cert.as_der()))
    }

    fn of<'a>(key_pem: &SecretString, certificates: impl Iterator<Item = &'a [u8]>) -> Result<Self> {
        let key = EncodingKey::from_rsa_pem(key_pem.expose_secret().as_bytes())
            .map_err(|error| wrong("has a private key that is not an RSA key; Microsoft Entra requires RSA").because(error))?;
        let modulus = modulus(&key).ok_or_else(|| wrong("has a private key of less than 2,048 bits"))?;
        // A certificate holds its key's modulus byte by byte, and no other certificate holds it.
        let own = certificates
            .into_iter()
            .find(|der| der.windows(modulus.len()).any(|window| window == modulus))
            .ok_or_else(|| wrong("has no certificate that belongs to its private key; put both into the file"))?;
        let certificate =
            Self { key: Arc::new(key), thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(own)), ends: validity::not_after(own) };
        // Keys that parse may still be refused for signing, by their size for one: better told at the start.
        certificate.assertion("check", "check")?;
        Ok(certificate)
    }

    /// When the certificate ends, where that can be read.
    pub const fn ends(&self) -> Option<Timestamp> {
        self.ends
    }

    /// The form fields that prove who the app `client_id` is to the token endpoint `audience`.
    pub(super) fn fields(&self, client_id: &str, audience: &str) -> Result<Vec<(&'static str, String)>> {
        Ok(vec![("client_assertion_type", ASSERTION_TYPE.to_owned()), ("client_assertion", self.assertion(client_id, audience)?)])
    }

    fn assertion(&self, client_id: &str, audience: &str) -> Result<String> {
        let mut header = Header::new(Algorithm::PS256);
        header.x5t_s256 = Some(self.thumbprint.clone());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(Error::internal)?.as_secs();
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|error| Error::internal(error.to_string()))?;
        let claims = ClientAssertion {
            aud: audience,
            iss: client_id,
            sub: client_id,
            jti: URL_SAFE_NO_PAD.encode(id),
            nbf: now,
            iat: now,
            exp: now + VALIDITY.as_secs(),
        };
        jsonwebtoken::encode(&header, &claims, &self.key).map_err(|error| wrong("has a private key that cannot sign").because(error))
    }
}

#[derive(Serialize)]
struct ClientAssertion<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: u64,
    iat: u64,
    exp: u64,
}

fn modulus(key: &EncodingKey) -> Option<Vec<u8>> {
    let AlgorithmParameters::RSA(parameters) = Jwk::from_encoding_key(key, Algorithm::PS256).ok()?.algorithm else { return None };
    URL_SAFE_NO_PAD.decode(parameters.n).ok().filter(|modulus| modulus.len() >= MODULUS_BYTES_MIN)
}

/// `der` as PEM, which is the form in which the signing library tells PKCS#1 from PKCS#8.
fn pem_of(label: &str, der: &[u8]) -> SecretString {
    let body = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem.into()
}

fn wrong(why: &str) -> Error {
    Error::new(ErrorKind::Misconfigured, format!("The certificate {why}."))
}
