//! The resources of a workspace's current state, instance by instance: since when each is there, and which state changed
//! it last.

mod described;
mod follow;
mod http;
pub mod model;
pub mod store;

pub use described::operations;
pub use follow::follow;
pub use http::routes;
