//! Tag bindings: keys with values, of workspaces and of projects; a workspace has those of its project too.

mod described;
mod http;
mod model;
pub mod store;
mod write;

pub use described::operations;
pub use http::{effective_resource, routes};
pub use store::Owner;
pub use write::set_given;
