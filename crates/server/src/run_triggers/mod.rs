//! Run triggers: a successful apply in a source workspace starts a run in another one (api-contract section 14).
//!
//! The apply's transaction notes which runs it asks for (`fire`), and each is made in one of its own (`start`), so that
//! none is lost and none is made twice, whatever dies in between.

mod described;
mod http;
mod start;
pub mod store;
mod write;

pub use described::operations;
pub use http::routes;
pub use start::start_waiting;
pub use store::fire;
