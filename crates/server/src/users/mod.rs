//! Users and the account of the caller.

mod described;
mod find_or_make;
mod http;
pub mod store;

pub use described::operations;
pub use find_or_make::{NameError, check_name, find_or_make};
pub use http::{included, public_resource, routes};
