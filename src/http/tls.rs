//! With which certificate do we answer? The one in the files, also after they were replaced.

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum_server::tls_rustls::RustlsConfig;
use rustls::{ServerConfig, crypto::ring};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use crate::error::{Error, ErrorKind, Result};

/// How often the files are looked at. They are small; contents are compared, since times of change do
/// not survive every way of replacing a file.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// A certificate and its key, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, then those between it and its root.
    pub certificate: PathBuf,
    /// The private key of the certificate.
    pub key: PathBuf,
}

/// What the files held.
#[derive(PartialEq, Eq)]
struct TlsFileContents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate in use, which follows its files.
pub struct TlsCertificate {
    files: TlsFiles,
    seen: TlsFileContents,
    /// What listeners answer with.
    pub config: RustlsConfig,
}

impl TlsCertificate {
    /// Reads `files`.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] when they cannot be read, or are no certificate and its key.
    pub async fn read(files: TlsFiles) -> Result<Self> {
        let seen = contents(&files).await?;
        let config = RustlsConfig::from_config(Arc::new(server_config(&seen)?));
        Ok(Self { files, seen, config })
    }

    /// Follows the files for as long as it runs. While they are broken the old certificate stays in use.
    pub async fn follow(mut self) {
        let mut unreadable = false;
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            match contents(&self.files).await {
                Ok(now) => {
                    unreadable = false;
                    self.take(now);
                }
                Err(error) => {
                    if !std::mem::replace(&mut unreadable, true) {
                        tracing::error!(cause = error.cause(), "{} The old certificate stays in use.", error.sentence);
                    }
                }
            }
        }
    }

    fn take(&mut self, now: TlsFileContents) {
        if now == self.seen {
            return;
        }
        match server_config(&now) {
            Ok(config) => {
                self.config.reload_from_config(Arc::new(config));
                tracing::info!("the TLS certificate was replaced");
            }
            // Also seen between the replacement of one file and that of the other.
            Err(error) => tracing::warn!(cause = error.cause(), "{} The old certificate stays in use.", error.sentence),
        }
        self.seen = now;
    }
}

/// Whether `files` are a certificate and its key.
///
/// # Errors
/// [`ErrorKind::Misconfigured`] when they are not, or cannot be read.
pub async fn check_tls(files: TlsFiles) -> Result<()> {
    server_config(&contents(&files).await?).map(drop)
}

async fn contents(files: &TlsFiles) -> Result<TlsFileContents> {
    let read = async |what: &str, path: &PathBuf| {
        let sentence = format!("The TLS {what} file cannot be read. Check its path and that this user may read it.");
        tokio::fs::read(path).await.map_err(|error| Error::new(ErrorKind::Misconfigured, sentence).because(error))
    };
    Ok(TlsFileContents { certificate: read("certificate", &files.certificate).await?, key: read("key", &files.key).await? })
}

fn server_config(contents: &TlsFileContents) -> Result<ServerConfig> {
    let wrong = |sentence: &'static str| move |error: rustls::Error| Error::new(ErrorKind::Misconfigured, sentence).because(error);
    let unread =
        |sentence: &'static str| move |error: rustls_pki_types::pem::Error| Error::new(ErrorKind::Misconfigured, sentence).because(error);
    let chain = CertificateDer::pem_slice_iter(&contents.certificate).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(unread("The TLS certificate file is no PEM file."))?;
    let key = PrivateKeyDer::from_pem_slice(&contents.key).map_err(unread("The TLS key file holds no private key in PEM."))?;
    // The provider is named here, so that no other crate's choice of one can get in the way.
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(wrong("TLS cannot be set up."))?;
    let mut config = builder
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(wrong("The TLS certificate and key do not belong together, or the certificate file holds none."))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generated() -> TlsFileContents {
        let generated = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        TlsFileContents { certificate: generated.cert.pem().into_bytes(), key: generated.signing_key.serialize_pem().into_bytes() }
    }

    #[test]
    fn a_broken_file_keeps_the_old_certificate_and_a_good_one_takes_its_place() {
        let seen = generated();
        let config = RustlsConfig::from_config(Arc::new(server_config(&seen).unwrap()));
        let files = TlsFiles { certificate: PathBuf::new(), key: PathBuf::new() };
        let mut certificate = TlsCertificate { files, seen, config };
        let before = certificate.config.get_inner();
        let other_key = generated().key;
        for broken in [
            TlsFileContents { certificate: b"no certificate".to_vec(), key: other_key.clone() },
            TlsFileContents { certificate: generated().certificate, key: other_key },
        ] {
            certificate.take(broken);
            assert!(Arc::ptr_eq(&before, &certificate.config.get_inner()));
        }
        certificate.take(generated());
        assert!(!Arc::ptr_eq(&before, &certificate.config.get_inner()));
    }
}
