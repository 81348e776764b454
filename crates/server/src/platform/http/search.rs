//! Texts to look for in lists.

use super::error::ApiResult;
use terrane_jsonapi::{Errors, Query};

/// What is searched for is not longer: SQLite fails on patterns of some ten thousand characters.
const SEARCH_CHARS_MAX: usize = 1000;

/// The text of a parameter such as `search[name]` or `q`.
///
/// # Errors
/// 400 when it is too long to be looked for.
pub fn searched(query: &Query, name: &str) -> ApiResult<Option<String>> {
    match query.get(name) {
        Some(text) if text.chars().count() > SEARCH_CHARS_MAX => {
            Err(Errors::malformed(format!("{name} is longer than {SEARCH_CHARS_MAX} characters")).into())
        }
        text => Ok(text.map(str::to_owned)),
    }
}
