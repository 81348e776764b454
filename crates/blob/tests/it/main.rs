//! Tests of the blob store through its public interface.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it calls")]

mod cancel;
mod opening;
mod range;
mod round_trip;
mod store;
mod tamper;
mod write_once;
