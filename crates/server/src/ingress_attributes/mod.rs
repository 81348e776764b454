//! Ingress attributes: what version control says of a configuration version. Known when whoever makes the configuration
//! version says it, in the request's relationship of that name (an addition of ours to the reference's API, for pipelines
//! that upload what they have checked out). Engines get branch, commit and tag in their environment.

mod described;
mod http;
mod read;
pub mod store;

pub use described::operations;
pub use http::{included, routes};
pub use read::read;
