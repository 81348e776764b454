//! From a setting to what accepts connections.

use super::certificate::{Acceptor, TlsError};
use super::local_authority;
use camino::{Utf8Path, Utf8PathBuf};

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Files in PEM form: the certificate with its chain, and its key.
    Files {
        /// The certificate, followed by what vouches for it.
        certificate: Utf8PathBuf,
        /// Its private key.
        key: Utf8PathBuf,
    },
    /// An authority of this installation's own, made and kept in the data directory.
    SelfSigned,
}

/// What accepts connections, for a server of these names.
///
/// # Errors
/// [`TlsError`] names the file.
pub fn acceptor(
    tls: &Tls,
    data_dir: &Utf8Path,
    names: Vec<String>,
    now: crate::clock::Time,
) -> Result<Acceptor, TlsError> {
    match tls {
        Tls::Files { certificate, key } => Acceptor::open(certificate.clone(), key.clone()),
        Tls::SelfSigned => {
            let files = local_authority::issue(&data_dir.join(local_authority::FOLDER), names, now)?;
            Acceptor::open(files.certificate, files.key)
        }
    }
}
