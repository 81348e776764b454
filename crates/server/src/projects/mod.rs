//! Projects: groups of workspaces. Every organization has a default one.

mod described;
mod http;
pub mod store;

pub use described::operations;
pub use http::{resource, routes};
