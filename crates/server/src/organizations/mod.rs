//! Organizations: who owns what. The JSON:API id of an organization is its name.

mod http;
mod model;
pub mod store;
mod write;

pub use http::{resource, routes};
