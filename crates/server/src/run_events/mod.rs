//! Run events: what happened to a run, one row for each step, written in the transaction of the step.

mod http;
pub mod store;

pub use http::routes;
