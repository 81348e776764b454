//! Workspaces: settings, lock, and the line of runs behind it.

mod create;
pub mod delete;
mod http;
mod lock;
pub mod model;
pub mod store;
mod update;

pub use http::{resource, routes};
