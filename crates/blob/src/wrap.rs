//! The key of one object: made at random, and kept in the row sealed with the master key.

use crate::error::Error;
use crate::id::ObjectId;
use crate::key::MasterKey;
use crate::random;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::zeroize::{Zeroize as _, Zeroizing};

/// First byte of a wrapped key, so that another way of wrapping can live beside this one.
const WRAP_VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// The key of one object.
pub(crate) type DataKey = Zeroizing<[u8; 32]>;

/// Wraps and unwraps data keys.
pub(crate) struct Wrapper(XChaCha20Poly1305);

impl Wrapper {
    /// The wrapper of an installation.
    pub(crate) fn new(master: &MasterKey) -> Self {
        let mut key = master.derive("terrane blob data keys v1");
        let wrapper = Self(XChaCha20Poly1305::new(&key.into()));
        key.zeroize();
        wrapper
    }

    /// A new data key and its wrapped form: version, random nonce, sealed key. 24 random bytes never repeat, so the
    /// one wrapping key may seal any number of data keys.
    pub(crate) fn make(&self, id: &ObjectId) -> (DataKey, Vec<u8>) {
        let key = Zeroizing::new(random::bytes::<32>());
        let nonce = random::bytes::<NONCE_BYTES>();
        let payload = Payload { msg: &key[..], aad: id.as_str().as_bytes() };
        let sealed =
            self.0.encrypt(&XNonce::from(nonce), payload).expect("32 bytes are never too long to seal");
        let mut wrapped = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        wrapped.push(WRAP_VERSION);
        wrapped.extend_from_slice(&nonce);
        wrapped.extend_from_slice(&sealed);
        (key, wrapped)
    }

    /// The data key again. [`Error::Corrupt`] when it was made for another object or with another master key.
    pub(crate) fn open(&self, id: &ObjectId, wrapped: &[u8]) -> Result<DataKey, Error> {
        let corrupt = |what: &str| Error::Corrupt { id: id.clone(), what: what.to_owned() };
        let (version, rest) = wrapped.split_first().ok_or_else(|| corrupt("the wrapped key is empty"))?;
        if *version != WRAP_VERSION {
            return Err(corrupt("the wrapped key has an unknown version"));
        }
        let (nonce, sealed) =
            rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(|| corrupt("the wrapped key is cut short"))?;
        let payload = Payload { msg: sealed, aad: id.as_str().as_bytes() };
        let opened = self.0.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| {
            corrupt("the wrapped key does not open: other master key, other object or changed row")
        })?;
        let key =
            <[u8; 32]>::try_from(&opened[..]).map_err(|_| corrupt("the wrapped key has another length"))?;
        Ok(Zeroizing::new(key))
    }
}

#[cfg(test)]
mod tests {
    use super::Wrapper;
    use crate::{MasterKey, ObjectId};

    #[test]
    fn a_key_opens_only_for_its_object_and_installation() {
        let wrapper = Wrapper::new(&MasterKey::generate());
        let id = ObjectId::random();
        let (key, wrapped) = wrapper.make(&id);
        assert_eq!(wrapped.len(), 73);
        assert_eq!(wrapper.open(&id, &wrapped).unwrap(), key);
        assert!(wrapper.open(&ObjectId::random(), &wrapped).is_err());
        assert!(Wrapper::new(&MasterKey::generate()).open(&id, &wrapped).is_err());
        for at in 0..wrapped.len() {
            let mut flipped = wrapped.clone();
            flipped[at] ^= 1;
            assert!(wrapper.open(&id, &flipped).is_err(), "byte {at}");
            assert!(wrapper.open(&id, &wrapped[..at]).is_err(), "cut at {at}");
        }
    }
}
