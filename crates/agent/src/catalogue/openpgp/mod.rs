//! Checks that a document was signed by a key that is trusted: detached OpenPGP signatures of version 4 by RSA keys,
//! hashed with SHA-2, which is what the releases of both engines have. The arithmetic is that of the crypto library
//! that TLS uses; what else OpenPGP has is refused by name.
//!
//! | module | holds |
//! |---|---|
//! | `packets` | the frames, and the armour around them |
//! | `signature` | what a signature says |
//! | `keys` | which keys may sign, from when to when |
//! | `keyring` | trusted keys, and the check |

mod keyring;
mod keys;
mod packets;
mod signature;
#[cfg(test)]
mod tests;

pub use keyring::{Keyring, SignatureError};

/// Why bytes are no key or signature that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(&'static str);
