//! Encrypted values in rows. A value is bound to its table, column and row, so a ciphertext cannot be moved.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use terrane_blob::MasterKey;

/// The first byte of every sealed value.
const FORMAT_VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Where a sealed value stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// `table.column`.
    pub column: &'static str,
    /// The row's id.
    pub id: &'a str,
}

impl Place<'_> {
    fn associated_data(&self) -> Vec<u8> {
        format!("{}/{}", self.column, self.id).into_bytes()
    }
}

/// A sealed value that does not open.
#[derive(Debug, thiserror::Error)]
#[error("the sealed value of {column} {id} does not open: it was changed, moved, or sealed with another key")]
pub struct SealError {
    /// `table.column`.
    pub column: &'static str,
    /// The row's id.
    pub id: String,
}

/// Seals and opens values with a key derived from the master key.
#[derive(Clone)]
pub struct Secrets {
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// With the row key of this installation.
    pub fn new(master: &MasterKey) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&master.derive("rows").into()) }
    }

    /// Encrypts a value for its place.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: plain, aad: &place.associated_data() };
        let body = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a row's value is far below the cipher's limit");
        [&[FORMAT_VERSION], nonce.as_slice(), &body].concat()
    }

    /// Decrypts the value of a place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let wrong = || SealError { column: place.column, id: place.id.to_owned() };
        let (&version, rest) = sealed.split_first().ok_or_else(wrong)?;
        let (nonce, body) = rest.split_at_checked(NONCE_BYTES).ok_or_else(wrong)?;
        if version != FORMAT_VERSION {
            return Err(wrong());
        }
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| wrong())?;
        self.cipher
            .decrypt(&XNonce::from(nonce), Payload { msg: body, aad: &place.associated_data() })
            .map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_at_its_place() {
        let secrets = Secrets::new(&MasterKey::generate());
        let place = Place { column: "variables.value", id: "var-1" };
        let sealed = secrets.seal(place, b"hunter2");
        assert_eq!(secrets.open(place, &sealed).unwrap(), b"hunter2");
        assert!(secrets.open(Place { column: "variables.value", id: "var-2" }, &sealed).is_err());
        assert!(Secrets::new(&MasterKey::generate()).open(place, &sealed).is_err());
        for cut in 0..sealed.len() {
            assert!(secrets.open(place, &sealed[..cut]).is_err());
        }
    }
}
