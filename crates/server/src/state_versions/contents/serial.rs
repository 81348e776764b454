//! The one change that is ever made to a state: another serial.

use super::ContentsError;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Top<'a> {
    #[serde(borrow)]
    serial: &'a RawValue,
}

/// The same file with another top-level serial; every other byte is as it was.
///
/// # Errors
/// [`ContentsError`] when the file is no JSON object with exactly one `serial`.
pub fn with_serial(state: &[u8], serial: i64) -> Result<Vec<u8>, ContentsError> {
    let top: Top<'_> = serde_json::from_slice(state)?;
    // Borrowed, so it is a part of `state`, and its place in memory tells its place in the file.
    let old = top.serial.get();
    let start = old.as_ptr().addr() - state.as_ptr().addr();
    let (before, rest) = state.split_at(start);
    Ok([before, serial.to_string().as_bytes(), &rest[old.len()..]].concat())
}
