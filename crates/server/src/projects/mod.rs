//! Projects: groups of workspaces. Every organization has a default one.

mod http;
pub mod store;

pub use http::{resource, routes};
