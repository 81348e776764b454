//! The certificate that is shown. Whoever renews it replaces the files; no restart is needed.

use camino::Utf8PathBuf;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How often the files are looked at.
const LOOK_PAUSE: Duration = Duration::from_secs(60);

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds no PEM.
    #[error("cannot read the TLS {what} {path}: {reason}; name a PEM file with {flag} FILE")]
    File {
        /// Certificate or key.
        what: &'static str,
        /// The setting it comes from.
        flag: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        reason: String,
    },
    /// Each is right, but not together.
    #[error(
        "cannot use the TLS certificate {certificate} with the key {key}: {reason}; name files that belong together"
    )]
    Pair {
        /// The certificate.
        certificate: Utf8PathBuf,
        /// The key.
        key: Utf8PathBuf,
        /// Why.
        reason: rustls::Error,
    },
    /// The own authority cannot be made or kept.
    #[error("cannot keep a certificate authority in {path}: {reason}")]
    Authority {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        reason: String,
    },
}

/// Turns connections into TLS ones. Cheap to clone.
#[derive(Clone)]
pub struct Acceptor {
    shown: Arc<Shown>,
    tls: TlsAcceptor,
}

#[derive(Debug)]
struct Shown {
    certificate: Utf8PathBuf,
    key: Utf8PathBuf,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Acceptor {
    /// Reads both files.
    pub(super) fn open(certificate: Utf8PathBuf, key: Utf8PathBuf) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let current = read(&certificate, &key, &provider)?;
        let shown =
            Arc::new(Shown { certificate, key, provider: provider.clone(), current: RwLock::new(current) });
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has the suites of the default versions")
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { shown, tls: TlsAcceptor::from(Arc::new(config)) })
    }

    /// The handshake.
    ///
    /// # Errors
    /// What the client did wrong, or that it went away.
    pub async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.tls.accept(stream).await
    }

    /// Shows a new certificate soon after its file was replaced. Files that do not fit are said in the log, and the
    /// certificate before is shown on.
    pub async fn follow_files(self) {
        let mut seen = self.shown.changed_at();
        loop {
            tokio::time::sleep(LOOK_PAUSE).await;
            let changed = self.shown.changed_at();
            if changed == seen {
                continue;
            }
            match self.shown.read_again() {
                Ok(()) => {
                    tracing::info!(certificate = %self.shown.certificate, "the TLS certificate was replaced");
                    seen = changed;
                }
                Err(error) => tracing::warn!(%error, "the TLS certificate before is used on"),
            }
        }
    }
}

impl Shown {
    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key]
            .map(|path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok())
    }

    fn read_again(&self) -> Result<(), TlsError> {
        let fresh = read(&self.certificate, &self.key, &self.provider)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Acceptor")
            .field("certificate", &self.shown.certificate)
            .finish_non_exhaustive()
    }
}

fn read(
    certificate: &Utf8PathBuf,
    key: &Utf8PathBuf,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, TlsError> {
    let of = |what, flag, path: &Utf8PathBuf| {
        let path = path.clone();
        move |error: pem::Error| TlsError::File { what, flag, path, reason: reason(&error) }
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .and_then(|chain| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) })
        .map_err(of("certificate", "--tls-cert", certificate))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(of("key", "--tls-key", key))?;
    CertifiedKey::from_der(chain, private, provider).map(Arc::new).map_err(|reason| TlsError::Pair {
        certificate: certificate.clone(),
        key: key.clone(),
        reason,
    })
}

fn reason(error: &pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => "it holds none".to_owned(),
        pem::Error::Io(error) => error.to_string(),
        // Its own words may quote the file.
        _ => "it is not PEM".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::platform::tls::local_authority::issue;

    fn issued(folder: &tempfile::TempDir, name: &str) -> (Utf8PathBuf, Utf8PathBuf) {
        let folder = Utf8PathBuf::from_path_buf(folder.path().join(name)).unwrap();
        let files = issue(&folder, vec!["localhost".to_owned()], Time(1_800_000_000_000_000)).unwrap();
        (files.certificate, files.key)
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = issued(&folder, "one");
        let (_, other_key) = issued(&folder, "two");
        let said = |certificate: &Utf8PathBuf, key: &Utf8PathBuf| {
            Acceptor::open(certificate.clone(), key.clone()).unwrap_err().to_string()
        };
        assert!(said(&certificate, &other_key).contains("belong together"));
        assert!(said(&certificate, &certificate).contains("TLS key"), "{}", said(&certificate, &certificate));
        assert!(said(&key, &key).contains("it holds none"));
        let nowhere = Utf8PathBuf::from("/nowhere.pem");
        assert!(said(&nowhere, &key).contains("/nowhere.pem: No such file"));
    }

    #[test]
    fn a_file_that_was_replaced_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = issued(&folder, "one");
        let acceptor = Acceptor::open(certificate.clone(), key.clone()).unwrap();
        let shown = || acceptor.shown.current.read().unwrap().cert[0].clone();
        let before = shown();
        std::fs::write(&key, "half").unwrap();
        assert!(acceptor.shown.read_again().is_err());
        assert_eq!(shown(), before);
        assert_eq!(issued(&folder, "one"), (certificate, key));
        acceptor.shown.read_again().unwrap();
        assert_ne!(shown(), before);
    }
}
