//! Organizations: who owns what. The JSON:API id of an organization is its name.

mod described;
mod http;
mod model;
pub mod store;
mod view;
mod write;

pub use described::operations;
pub use http::{resource, routes};
pub use view::routes as page_routes;
