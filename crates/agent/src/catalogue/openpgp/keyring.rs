//! Trusted keys, and the check.

use super::{
    Malformed,
    keys::{SigningKey, signing_keys},
    packets::{SIGNATURE, packets, without_armour},
    signature::{Signature, kind},
};

/// Keys whose signatures are believed.
#[derive(Debug, Clone, Default)]
pub struct Keyring(Vec<SigningKey>);

/// Why a signature is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It cannot be read.
    #[error("the signature cannot be used: {0}")]
    Malformed(#[from] Malformed),
    /// Made by somebody else.
    #[error("the signature is by the key {0}, which is not a trusted one")]
    Stranger(String),
    /// The document or the signature was changed.
    #[error("the signature does not fit what was signed")]
    Wrong,
    /// The key had expired.
    #[error("the signature was made when its key {0} was not valid")]
    Expired(String),
}

impl Keyring {
    /// Reads the keys of a file, armoured or not.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn read(file: &[u8]) -> Result<Self, Malformed> {
        let bytes = without_armour(file)?;
        let keys = signing_keys(&packets(&bytes)?)?;
        if keys.is_empty() {
            return Err(Malformed("it holds no RSA key that may sign and is not revoked"));
        }
        Ok(Self(keys))
    }

    /// Adds another's keys.
    pub fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether nothing can be checked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fingerprints of all keys, in hex.
    #[cfg(test)]
    pub(crate) fn fingerprints(&self) -> Vec<String> {
        self.0.iter().map(SigningKey::fingerprint).collect()
    }

    /// Checks a detached signature; answers the fingerprint of the key that made it. A signature that was made while
    /// its key was valid counts for ever.
    ///
    /// # Errors
    ///
    /// Says why the document is not to be believed.
    pub fn check(&self, document: &[u8], signature: &[u8], now_secs: u64) -> Result<String, SignatureError> {
        let bytes = without_armour(signature)?;
        let mut outcome = Err(SignatureError::Malformed(Malformed("it holds no signature")));
        // A file may hold several, as by an old and a new key; one that is right is enough.
        for packet in packets(&bytes)?.iter().filter(|packet| packet.tag == SIGNATURE) {
            outcome = match Signature::parse(packet.body) {
                Ok(signature) => self.check_one(document, &signature, now_secs),
                Err(error) => Err(error.into()),
            };
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn check_one(
        &self,
        document: &[u8],
        signature: &Signature,
        now_secs: u64,
    ) -> Result<String, SignatureError> {
        if signature.kind != kind::BINARY {
            return Err(Malformed("it is not one of a file").into());
        }
        let named: Vec<&SigningKey> = self.0.iter().filter(|key| key.is_named_by(signature)).collect();
        if named.is_empty() {
            let issuer = signature.issuer.unwrap_or_default();
            return Err(SignatureError::Stranger(issuer.iter().map(|byte| format!("{byte:02X}")).collect()));
        }
        let key = named.into_iter().find(|key| key.made(signature, document)).ok_or(SignatureError::Wrong)?;
        let is_good = key.was_good(signature.created) && !signature.is_over(now_secs);
        if is_good { Ok(key.fingerprint()) } else { Err(SignatureError::Expired(key.fingerprint())) }
    }
}
