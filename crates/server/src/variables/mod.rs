//! Variables of workspaces and of variable sets (JSON:API type `vars`). Values are sealed in their rows; a sensitive one
//! is never answered again. `precedence` says which of several a run gets, `effective` what a run is made from.

mod described;
mod effective;
mod http;
pub mod model;
mod precedence;
pub mod store;
mod write;

pub use described::operations;
pub use effective::{Frozen, Used, freeze};
pub use http::{resource, routes};
pub use write::write_in;
