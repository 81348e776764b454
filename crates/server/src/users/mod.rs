//! Users and the account of the caller.

mod described;
mod http;
pub mod store;

pub use described::operations;
pub use http::{included, public_resource, routes};
