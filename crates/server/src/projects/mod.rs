//! Projects: groups of workspaces. Every organization has a default one.

mod delete;
mod described;
mod http;
mod model;
mod move_in;
pub mod store;
mod write;

pub use described::operations;
pub use http::{resource, routes};
