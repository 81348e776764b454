//! Signatures of version 4 by RSA keys, which is what releases of engines have.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaParameters,
};

use super::{
    Malformed,
    packets::{big_endian, long_number, new_length},
};

/// What a signature is made over.
pub(super) mod kind {
    pub(in super::super) const BINARY: u8 = 0x00;
    pub(in super::super) const CERTIFICATIONS: std::ops::RangeInclusive<u8> = 0x10..=0x13;
    pub(in super::super) const SUBKEY: u8 = 0x18;
    pub(in super::super) const BY_SUBKEY: u8 = 0x19;
    pub(in super::super) const DIRECT: u8 = 0x1f;
    pub(in super::super) const REVOKED_KEY: u8 = 0x20;
    pub(in super::super) const REVOKED_SUBKEY: u8 = 0x28;
}

/// Keys may sign documents.
const MAY_SIGN: u8 = 0x02;

/// One signature.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    pub(super) kind: u8,
    /// When it was made, seconds.
    pub(super) created: u64,
    /// How long the key it is about lasts, seconds from that key's creation.
    pub(super) key_lasts: Option<u64>,
    /// How long it lasts itself, seconds.
    lasts: Option<u64>,
    flags: Option<u8>,
    /// The last eight bytes of the fingerprint of the key that made it, as it says.
    pub(super) issuer: Option<[u8; 8]>,
    /// A signature by the subkey that this one is about.
    pub(super) embedded: Option<Box<Signature>>,
    hash: u8,
    /// What is signed besides the document.
    trailer: Vec<u8>,
    number: Vec<u8>,
}

impl Signature {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        Self::parse_nested(body, true)
    }

    fn parse_nested(body: &[u8], may_embed: bool) -> Result<Self, Malformed> {
        let [4, kind, algorithm, hash, rest @ ..] = body else {
            return Err(Malformed("it is no signature of version 4"));
        };
        if !matches!(algorithm, 1 | 3) {
            return Err(Malformed("it is not made by an RSA key"));
        }
        let (length, rest) = big_endian(rest, 2)?;
        let (hashed, rest) = rest.split_at_checked(length).ok_or(Malformed("it is cut off"))?;
        let mut trailer = body[..6 + length].to_vec();
        trailer.extend([4, 0xff]);
        trailer.extend(u32::try_from(6 + length).unwrap_or(u32::MAX).to_be_bytes());
        let (length, rest) = big_endian(rest, 2)?;
        let (unhashed, rest) = rest.split_at_checked(length).ok_or(Malformed("it is cut off"))?;
        let (_, rest) = big_endian(rest, 2)?;
        let (number, _) = long_number(rest)?;
        let mut signature = Self {
            kind: *kind,
            created: 0,
            key_lasts: None,
            lasts: None,
            flags: None,
            issuer: None,
            embedded: None,
            hash: *hash,
            trailer,
            number: number.to_vec(),
        };
        signature.take(hashed, true, may_embed)?;
        signature.take(unhashed, false, may_embed)?;
        Ok(signature)
    }

    /// Reads subpackets. What is not signed itself is only taken for hints, and for what carries its own signature.
    fn take(&mut self, mut rest: &[u8], is_hashed: bool, may_embed: bool) -> Result<(), Malformed> {
        while !rest.is_empty() {
            let (length, after) = new_length(rest)?;
            let (content, after) = after.split_at_checked(length).ok_or(Malformed("it is cut off"))?;
            rest = after;
            let (&kind, content) = content.split_first().ok_or(Malformed("it has an empty part"))?;
            let seconds = |content| big_endian(content, 4).map(|(seconds, _)| seconds as u64);
            match (kind & 0x7f, is_hashed) {
                (2, true) => self.created = seconds(content)?,
                (3, true) => self.lasts = Some(seconds(content)?).filter(|seconds| *seconds > 0),
                (9, true) => self.key_lasts = Some(seconds(content)?).filter(|seconds| *seconds > 0),
                (27, true) => self.flags = Some(content.first().copied().unwrap_or_default()),
                (16, _) => self.issuer = content.try_into().ok().or(self.issuer),
                (33, _) => self.issuer = content.last_chunk().copied().or(self.issuer),
                (32, _) if may_embed => {
                    self.embedded = Some(Box::new(Self::parse_nested(content, false)?));
                }
                // Preferences, notes for people, revocation reasons.
                (4 | 5 | 7 | 11 | 20..=26 | 28..=31 | 34..=39, _) => {}
                _ if kind & 0x80 != 0 && is_hashed => {
                    return Err(Malformed("it demands something that is not known here"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether it lets its key sign documents.
    pub(super) fn lets_sign(&self) -> bool {
        self.flags.is_none_or(|flags| flags & MAY_SIGN != 0)
    }

    /// Whether it lasted no longer than this.
    pub(super) fn is_over(&self, at: u64) -> bool {
        self.lasts.is_some_and(|lasts| at >= self.created + lasts)
    }

    /// The text that was signed, when this is the document.
    pub(super) fn signed(&self, document: &[u8]) -> Vec<u8> {
        [document, &self.trailer].concat()
    }

    /// How the text was hashed and signed; nothing for a hash that proves nothing any more.
    pub(super) fn parameters(&self) -> Option<&'static RsaParameters> {
        match self.hash {
            8 => Some(&RSA_PKCS1_2048_8192_SHA256),
            9 => Some(&RSA_PKCS1_2048_8192_SHA384),
            10 => Some(&RSA_PKCS1_2048_8192_SHA512),
            _ => None,
        }
    }

    /// The signature proper, as long as its key's modulus.
    pub(super) fn number(&self, modulus_bytes: usize) -> Vec<u8> {
        let mut padded = vec![0; modulus_bytes.saturating_sub(self.number.len())];
        padded.extend(&self.number);
        padded
    }
}
