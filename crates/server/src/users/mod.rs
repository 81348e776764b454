//! Users and the account of the caller.

mod http;
pub mod store;

pub use http::{public_resource, routes};
