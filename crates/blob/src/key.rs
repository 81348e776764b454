//! The master key: one file of 32 bytes from which every other key is derived.

use crate::error::Error;
use crate::random;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;

/// The installation's master key, 32 bytes. It is never used itself: see [`MasterKey::derive`].
/// Cheap to clone; wiped from memory with the last clone.
#[derive(Clone)]
pub struct MasterKey(Arc<SecretBox<[u8; 32]>>);

impl MasterKey {
    /// A new key from the operating system's random source.
    pub fn generate() -> Self {
        Self::from_bytes(random::bytes())
    }

    /// A key from its bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Arc::new(SecretBox::new(Box::new(bytes))))
    }

    /// Reads the text of a key file: 64 hexadecimal digits, or base64 (either alphabet, padded or not) of 32 bytes,
    /// with white space around it. [`Error::MasterKey`] when it is neither, or one byte repeated, as in a sample.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let bytes = if text.len() == 64 {
            from_hex(text)
                .ok_or(Error::MasterKey { reason: "64 characters, but not all are hexadecimal digits" })?
        } else {
            from_base64(text)
                .ok_or(Error::MasterKey { reason: "neither 64 hexadecimal digits nor base64 of 32 bytes" })?
        };
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(Error::MasterKey { reason: "one byte repeated is not a key" });
        }
        Ok(Self::from_bytes(bytes))
    }

    /// The key as 64 hexadecimal digits: only for writing a fresh key file.
    pub fn to_hex(&self) -> String {
        self.0.expose_secret().iter().fold(String::with_capacity(64), |mut text, byte| {
            text.push(char::from(HEX_DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(HEX_DIGITS[usize::from(byte & 15)]));
            text
        })
    }

    /// The key for one purpose: HMAC-SHA256 of the purpose. Different purposes give unrelated keys, so blobs, secrets
    /// in rows and signatures never share one. A purpose is a constant, as in `"terrane signed-url v1"`.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Hides the key.
impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(…)")
    }
}

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}

fn from_base64(text: &str) -> Option<[u8; 32]> {
    let text = text.trim_end_matches('=');
    let decoded = STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()?;
    decoded.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::MasterKey;

    #[test]
    fn every_spelling_gives_the_same_key() {
        let bytes: [u8; 32] = std::array::from_fn(|index| u8::try_from(index * 7 + 3).unwrap());
        let wanted = MasterKey::from_bytes(bytes).derive("test");
        let hex = MasterKey::from_bytes(bytes).to_hex();
        let standard = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
        let url_safe = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
        for text in [hex.clone(), hex.to_uppercase(), format!("  {hex}\n"), standard, url_safe] {
            assert_eq!(MasterKey::parse(&text).unwrap().derive("test"), wanted, "{text}");
        }
    }

    #[test]
    fn malformed_keys_are_refused_without_showing_them() {
        let zeros = "0".repeat(64);
        let not_hex = "topsecret".repeat(7) + "x";
        for text in ["", "topsecret", &zeros, &not_hex, "dG9wc2VjcmV0"] {
            let error = MasterKey::parse(text).unwrap_err();
            assert!(text.is_empty() || !format!("{error} {error:?}").contains(text));
        }
    }

    #[test]
    fn purposes_do_not_share_a_key() {
        let key = MasterKey::generate();
        assert_ne!(key.derive("a"), key.derive("b"));
        assert_ne!(key.derive("a"), MasterKey::generate().derive("a"));
        assert_eq!(format!("{key:?}"), "MasterKey(…)");
    }
}
