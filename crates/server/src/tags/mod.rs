//! Flat tags: names that an organization's workspaces share.

mod described;
mod http;
mod model;
pub mod store;
mod write;

pub use described::operations;
pub use http::routes;
