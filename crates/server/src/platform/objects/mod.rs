//! Stored objects: their rows, the URLs they are read and written by, and the sweep of those nobody names.

mod answer;
mod attach;
mod http;
mod receive;
pub mod store;
mod sweep;

pub use answer::answer;
pub use attach::{attach, hex};
pub use http::routes;
pub use receive::{receive, receive_hashed};
pub use sweep::sweep_forever;
