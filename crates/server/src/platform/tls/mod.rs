//! TLS of the API's listener (cli-protocol 2.1: discovery is always HTTPS).
//!
//! | module | holds |
//! |---|---|
//! | `certificate` | the certificate that is shown, read again when its file changes |
//! | `local_authority` | certificates for a server that nobody else vouches for |

mod certificate;
mod local_authority;

pub use certificate::{Acceptor, TlsError};
pub use local_authority::AUTHORITY_FILE;

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
