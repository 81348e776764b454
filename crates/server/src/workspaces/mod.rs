//! Workspaces: settings, lock, and the line of runs behind it.

mod create;
pub mod delete;
mod described;
mod http;
mod lock;
pub mod model;
pub mod store;
mod update;

pub use described::operations;
pub use http::{resource, routes};
