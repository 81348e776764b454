//! Comments on runs: written with an action, or on their own. Each is a run event too.

mod add;
mod described;
mod http;
pub mod store;

pub use add::add;
pub use described::operations;
pub use http::{resource, routes};
