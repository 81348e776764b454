//! The master key, what is derived from it, and the encryption of secrets in rows.

mod master;
mod seal;

pub use master::{KeyError, load_master_key};
pub use seal::{Place, SealError, Secrets};
