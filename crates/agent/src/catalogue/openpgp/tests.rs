//! Signatures that GnuPG made, and one of a publisher's own.

use proptest::prelude::proptest;
use terrane_wire::EngineKind;

use super::{Keyring, SignatureError};
use crate::catalogue::TrustedKeys;

/// A certificate whose primary key may not sign: subkeys that expired in 2021, that never expires, that was revoked.
const KEY: &[u8] = include_bytes!("fixtures/key.asc");
const STRANGER: &[u8] = include_bytes!("fixtures/stranger.gpg");
const DOCUMENT: &[u8] = include_bytes!("fixtures/document");
/// 2026.
const NOW_SECS: u64 = 1_780_000_000;

macro_rules! signature {
    ($name:literal) => {
        include_bytes!(concat!("fixtures/", $name)).as_slice()
    };
}

fn check(key: &[u8], signature: &[u8]) -> Result<String, SignatureError> {
    Keyring::read(key).expect("a key").check(DOCUMENT, signature, NOW_SECS)
}

#[test]
fn a_good_signature_by_a_subkey_armoured_or_not() {
    let expected = "B671A07967B20F9D067F9EEF7F71F5F6E8396739";
    assert_eq!(check(KEY, signature!("good.sig")).as_deref(), Ok(expected));
    assert_eq!(check(KEY, signature!("good.asc")).as_deref(), Ok(expected));
    // Two in one file: the one that is trusted counts.
    let both = [signature!("stranger.sig"), signature!("good.sig")].concat();
    assert_eq!(check(KEY, &both).as_deref(), Ok(expected));
}

#[test]
fn a_key_signs_until_it_expires() {
    let expected = "7989ACC9162B2DFE242BA9E0D17ECF70EFA69A2D";
    assert_eq!(check(KEY, signature!("in-time.sig")).as_deref(), Ok(expected));
    assert_eq!(check(KEY, signature!("late.sig")), Err(SignatureError::Expired(expected.to_owned())));
}

#[test]
fn a_revoked_key_and_a_stranger_s_are_not_trusted() {
    for signature in [signature!("revoked.sig"), signature!("stranger.sig")] {
        assert!(matches!(check(KEY, signature), Err(SignatureError::Stranger(_))));
    }
    assert!(check(STRANGER, signature!("stranger.sig")).is_ok());
    let mut both = Keyring::read(KEY).expect("a key");
    both.add(Keyring::read(STRANGER).expect("a key"));
    assert!(both.check(DOCUMENT, signature!("stranger.sig"), NOW_SECS).is_ok());
}

#[test]
fn what_is_not_known_here_is_refused_by_name() {
    for (signature, reason) in [
        (signature!("curve.sig"), "not made by an RSA key"),
        (signature!("text.sig"), "not one of a file"),
        (b"", "holds no signature"),
        (b"<html>", "no OpenPGP packet"),
        (KEY, "not one of a file"),
        (b"-----BEGIN PGP SIGNATURE-----\n\niQEz", "cut off"),
    ] {
        let error = check(STRANGER, signature).expect_err(reason).to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
    // SHA-1 proves nothing any more, whoever signed.
    assert_eq!(check(STRANGER, signature!("sha1.sig")), Err(SignatureError::Wrong));
}

#[test]
fn a_changed_document_is_not_signed() {
    let keyring = Keyring::read(KEY).expect("a key");
    for document in [&b"what was signed"[..], b"what was signed\n\n", b""] {
        let checked = keyring.check(document, signature!("good.sig"), NOW_SECS);
        assert_eq!(checked, Err(SignatureError::Wrong));
    }
}

#[test]
fn the_publisher_s_own_signature_fits_the_key_that_comes_with_the_program() {
    let document = signature!("null_3.1.0_SHA256SUMS");
    let signature = signature!("null_3.1.0_SHA256SUMS.sig");
    let keys = TrustedKeys::built_in(EngineKind::Terraform).0;
    let expected = "B36CBA91A2C0730C435FC280B0B441097685B676";
    assert_eq!(keys.check(document, signature, NOW_SECS).as_deref(), Ok(expected));
    let other = TrustedKeys::built_in(EngineKind::Tofu).0;
    assert!(matches!(other.check(document, signature, NOW_SECS), Err(SignatureError::Stranger(_))));
}

#[test]
fn the_keys_that_come_with_the_program_are_the_publishers() {
    let fingerprints = |kind| TrustedKeys::built_in(kind).0.fingerprints();
    assert_eq!(fingerprints(EngineKind::Tofu), ["E3E6E43D84CB852EADB0051D0C0AF313E5FD9F80"]);
    assert_eq!(
        fingerprints(EngineKind::Terraform),
        [
            "B36CBA91A2C0730C435FC280B0B441097685B676",
            "374EC75B485913604A831CC7C820C6D5CD27AB87",
            "C874011F0AB405110D02105534365D9472D7468F",
        ]
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(bytes: Vec<u8>) {
        let _ = Keyring::read(&bytes);
        let _ = check(STRANGER, &bytes);
    }

    #[test]
    fn no_bit_of_a_signature_may_change(at in 0_usize..310, bit in 0_u8..8) {
        let mut signature = signature!("good.sig").to_vec();
        signature[at] ^= 1 << bit;
        // What is not signed are only hints: the key's id, and two bytes for a quick look.
        if let Ok(fingerprint) = check(KEY, &signature) {
            assert_eq!(fingerprint, "B671A07967B20F9D067F9EEF7F71F5F6E8396739");
            assert!((39..=54).contains(&at), "byte {at}");
        }
    }

    #[test]
    fn a_changed_key_reads_no_more_than_it_did(at in 0_usize..646, byte: u8) {
        let mut key = STRANGER.to_vec();
        key[at] = byte;
        if let Ok(keyring) = Keyring::read(&key) {
            assert!(keyring.check(DOCUMENT, signature!("good.sig"), NOW_SECS).is_err());
        }
    }
}
