//! SSH keys of organizations: with the one of its workspace a run fetches modules by git. A private key is never
//! answered again.

mod described;
mod http;
pub mod store;
mod write;

pub use described::operations;
pub use http::routes;
pub use write::open;
