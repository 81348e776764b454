//! Tests of the crate from outside, in one binary.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails, also in the functions its tests share")]

mod accepted;
mod archive;
mod bombs;
mod generated;
mod packed;
mod refused;
mod streams;
mod yard;
