//! Tests of the crate from outside, in one binary.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails, also in the functions its tests share")]

mod engines;
mod fixtures;
mod generated;
mod malformed;
mod oracle;
mod redaction;
mod sizes;
