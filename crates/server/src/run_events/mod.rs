//! Run events: what happened to a run, one row for each step, written in the transaction of the step.

mod described;
mod http;
pub mod store;

pub use described::operations;
pub use http::routes;
