//! Variables of a workspace (JSON:API type `vars`). Values are sealed in their rows; a sensitive one is never
//! answered again.

mod described;
mod http;
pub mod model;
pub mod store;
mod write;

pub use described::operations;
pub use http::routes;
pub use write::open_all;
