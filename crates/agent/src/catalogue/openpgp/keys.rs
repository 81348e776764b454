//! Public keys and what their own signatures say of them: which may sign, from when to when, and which are revoked.

use aws_lc_rs::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, digest},
    signature::RsaPublicKeyComponents,
};

use super::{
    Malformed,
    packets::{PUBLIC_KEY, PUBLIC_SUBKEY, Packet, SIGNATURE, USER_ID, big_endian, long_number},
    signature::{Signature, kind},
};

/// An RSA key of version 4.
#[derive(Debug, Clone)]
struct Key {
    /// As it is hashed.
    framed: Vec<u8>,
    created: u64,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl Key {
    fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let [4, rest @ ..] = body else { return Err(Malformed("it is no key of version 4")) };
        let (created, rest) = big_endian(rest, 4)?;
        let [1 | 3, rest @ ..] = rest else { return Err(Malformed("it is no RSA key")) };
        let (modulus, rest) = long_number(rest)?;
        let (exponent, _) = long_number(rest)?;
        let length = u16::try_from(body.len()).map_err(|_| Malformed("it is too large"))?;
        let framed = [&[0x99], &length.to_be_bytes()[..], body].concat();
        Ok(Self { framed, created: created as u64, modulus: modulus.to_vec(), exponent: exponent.to_vec() })
    }

    fn fingerprint(&self) -> Vec<u8> {
        digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.framed).as_ref().to_vec()
    }

    fn made(&self, signature: &Signature, document: &[u8]) -> bool {
        let Some(parameters) = signature.parameters() else { return false };
        let key = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        let number = signature.number(self.modulus.len());
        key.verify(parameters, &signature.signed(document), &number).is_ok()
    }
}

/// A key that may sign documents.
#[derive(Debug, Clone)]
pub(super) struct SigningKey {
    key: Key,
    /// Seconds; a document signed later is not signed by it.
    expires: Option<u64>,
}

impl SigningKey {
    /// Hex, as people compare it.
    pub(super) fn fingerprint(&self) -> String {
        self.key.fingerprint().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    pub(super) fn is_named_by(&self, signature: &Signature) -> bool {
        let fingerprint = self.key.fingerprint();
        signature.issuer.is_none_or(|issuer| fingerprint.ends_with(&issuer))
    }

    pub(super) fn made(&self, signature: &Signature, document: &[u8]) -> bool {
        self.key.made(signature, document)
    }

    /// Whether the key was good when the signature was made.
    pub(super) fn was_good(&self, at: u64) -> bool {
        at >= self.key.created && self.expires.is_none_or(|expires| at < expires)
    }
}

/// Of one certificate: everything up to the next one.
pub(super) fn signing_keys(packets: &[Packet<'_>]) -> Result<Vec<SigningKey>, Malformed> {
    let mut found = Vec::new();
    let mut rest = packets;
    while let Some(at) = rest.iter().position(|packet| packet.tag == PUBLIC_KEY) {
        let end = rest[at + 1..].iter().position(|packet| packet.tag == PUBLIC_KEY);
        let end = end.map_or(rest.len(), |end| at + 1 + end);
        found.extend(of_certificate(&rest[at..end])?);
        rest = &rest[end..];
    }
    Ok(found)
}

fn of_certificate(packets: &[Packet<'_>]) -> Result<Vec<SigningKey>, Malformed> {
    let Some((first, rest)) = packets.split_first() else { return Ok(Vec::new()) };
    let primary = Key::parse(first.body)?;
    let subject = primary.framed.clone();
    let mut certificate = Certificate {
        primary,
        subject,
        own: None,
        subkeys: Vec::new(),
        is_in_subkey: false,
        is_revoked: false,
    };
    for packet in rest {
        certificate.take(*packet)?;
    }
    certificate.signing_keys()
}

/// A primary key and what belongs to it, while it is read.
struct Certificate {
    primary: Key,
    /// What the next signature is about, hashed; empty for what is not known here.
    subject: Vec<u8>,
    /// What the primary key says of itself.
    own: Option<Signature>,
    subkeys: Vec<Subkey>,
    is_in_subkey: bool,
    is_revoked: bool,
}

struct Subkey {
    key: Key,
    binding: Option<Signature>,
    is_revoked: bool,
}

impl Certificate {
    fn take(&mut self, packet: Packet<'_>) -> Result<(), Malformed> {
        match packet.tag {
            USER_ID => {
                let length = u32::try_from(packet.body.len()).map_err(|_| Malformed("it is too large"))?;
                self.subject =
                    [&self.primary.framed[..], &[0xb4], &length.to_be_bytes(), packet.body].concat();
            }
            PUBLIC_SUBKEY => {
                // One of another kind cannot have made an RSA signature, nor do its signatures count.
                self.is_in_subkey = true;
                self.subject.clear();
                if let Ok(key) = Key::parse(packet.body) {
                    self.subject = [&self.primary.framed[..], &key.framed].concat();
                    self.subkeys.push(Subkey { key, binding: None, is_revoked: false });
                }
            }
            SIGNATURE => {
                if let Ok(signature) = Signature::parse(packet.body) {
                    self.take_signature(signature);
                }
            }
            // Pictures and what else there may be: signatures of it say nothing about keys.
            _ => self.subject.clear(),
        }
        Ok(())
    }

    /// Only what the primary key itself has signed counts.
    fn take_signature(&mut self, signature: Signature) {
        let is_about_primary = matches!(signature.kind, kind::REVOKED_KEY | kind::DIRECT);
        let subject = if is_about_primary { &self.primary.framed } else { &self.subject };
        if subject.is_empty() || !self.primary.made(&signature, subject) {
            return;
        }
        match (signature.kind, self.subkeys.last_mut().filter(|_| self.is_in_subkey)) {
            (kind::REVOKED_KEY, _) => self.is_revoked = true,
            (kind::DIRECT, _) => newer(&mut self.own, signature),
            (kind::SUBKEY, Some(subkey)) => newer(&mut subkey.binding, signature),
            (kind::REVOKED_SUBKEY, Some(subkey)) => subkey.is_revoked = true,
            (made, None) if kind::CERTIFICATIONS.contains(&made) => newer(&mut self.own, signature),
            _ => {}
        }
    }

    fn signing_keys(self) -> Result<Vec<SigningKey>, Malformed> {
        if self.is_revoked {
            return Ok(Vec::new());
        }
        let own = self.own.ok_or(Malformed("the key has not signed its own name"))?;
        let expires = own.key_lasts.map(|lasts| self.primary.created + lasts);
        let mut found = Vec::new();
        for Subkey { key, binding, is_revoked } in self.subkeys {
            let Some(binding) = binding.filter(|binding| !is_revoked && binding.lets_sign()) else {
                continue;
            };
            let subject = [&self.primary.framed[..], &key.framed].concat();
            // Without the subkey's own signature anybody could claim it.
            let back = binding.embedded.as_ref().filter(|back| back.kind == kind::BY_SUBKEY);
            if back.is_some_and(|back| key.made(back, &subject)) {
                let own_end = binding.key_lasts.map(|lasts| key.created + lasts);
                found.push(SigningKey { expires: [own_end, expires].into_iter().flatten().min(), key });
            }
        }
        if own.lets_sign() {
            found.push(SigningKey { key: self.primary, expires });
        }
        Ok(found)
    }
}

fn newer(place: &mut Option<Signature>, signature: Signature) {
    if place.as_ref().is_none_or(|other| other.created <= signature.created) {
        *place = Some(signature);
    }
}
