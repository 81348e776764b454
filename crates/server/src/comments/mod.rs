//! Comments on runs: written with an action, or on their own. Each is a run event too.

mod add;
mod http;
pub mod store;

pub use add::add;
pub use http::routes;
