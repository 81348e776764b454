//! Stored objects: their rows, the URLs they are read and written by, and the sweep of those nobody names.

mod attach;
mod described;
mod http;
pub mod store;
mod sweep;

pub use attach::{attach, hex};
pub use described::operations;
pub use http::{answer, receive, receive_hashed, routes};
pub use sweep::sweep_forever;
