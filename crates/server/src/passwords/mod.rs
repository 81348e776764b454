//! Passwords: argon2id, hashed and compared by a few at a time.

mod hasher;
mod model;
pub mod store;

pub use hasher::{Hasher, HashingError};
pub use model::{PASSWORD_CHARS_MIN, check};
