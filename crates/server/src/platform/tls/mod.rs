//! TLS of the API's listener (cli-protocol 2.1: discovery is always HTTPS).
//!
//! | module | holds |
//! |---|---|
//! | `acceptor` | where the certificate comes from, and what accepts connections with it |
//! | `certificate` | the certificate that is shown, read again when its file changes |
//! | `local_authority` | certificates for a server that nobody else vouches for |

mod acceptor;
mod certificate;
mod local_authority;

pub use acceptor::{Tls, acceptor};
pub use certificate::{Acceptor, TlsError};
pub use local_authority::AUTHORITY_FILE;
