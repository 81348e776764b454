//! Large elements and large documents.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};
use terrane_plan_json::{Error, summarize};

const MEBIBYTE: usize = 1 << 20;

/// A plan whose only resource holds this much text.
fn plan_with_element(text_bytes: usize) -> impl Read {
    let before = r#"{"format_version":"1.2","resource_changes":[
        {"mode":"managed","change":{"actions":["create"],"after":{"text":""#;
    let after = r#""}}},{"mode":"managed","change":{"actions":["update"]}}]}"#;
    before.as_bytes().chain(io::repeat(b'x').take(text_bytes as u64)).chain(after.as_bytes())
}

#[test]
fn an_element_may_be_large_but_not_too_large() {
    let summary = summarize(plan_with_element(31 * MEBIBYTE)).unwrap();
    assert_eq!((summary.counts.additions, summary.counts.changes), (1, 1));
    let error = summarize(plan_with_element(32 * MEBIBYTE)).unwrap_err();
    assert!(matches!(error, Error::ElementTooLarge { .. }), "{error}");
    let error = summarize(plan_with_element(400 * MEBIBYTE)).unwrap_err();
    assert!(matches!(error, Error::ElementTooLarge { offset, .. } if offset < 33 * MEBIBYTE as u64));
}

#[test]
fn what_is_passed_over_may_have_any_size() {
    let before = r#"{"prior_state":{"text":""#;
    let after = r#""},"format_version":"1.2","configuration":{}}"#;
    let text = io::repeat(b'x').take(100 * MEBIBYTE as u64);
    assert!(summarize(before.as_bytes().chain(text).chain(after.as_bytes())).is_ok());
    let endless = r#"{"a":"#.as_bytes().chain(io::repeat(b'1').take(40 * MEBIBYTE as u64));
    assert!(matches!(summarize(endless), Err(Error::ElementTooLarge { .. })));
    let endless = r#"{""#.as_bytes().chain(io::repeat(b'k').take(40 * MEBIBYTE as u64));
    assert!(matches!(summarize(endless), Err(Error::ElementTooLarge { .. })));
}

#[test]
fn the_hash_is_that_of_every_byte() {
    let mut document = br#"{"format_version":"1.2","configuration":{}}"#.to_vec();
    document.resize(300_000, b' ');
    let summary = summarize(document.as_slice()).unwrap();
    assert_eq!(summary.size_bytes, 300_000);
    assert_eq!(summary.sha256, <[u8; 32]>::from(Sha256::digest(&document)));
}
