//! Outputs of state versions. Values are sealed at rest, sensitive or not.

mod described;
mod http;
mod keep;
pub mod store;

pub use described::operations;
pub use http::{OUTPUTS_OF_WORKSPACE, resource, resources_of, routes, workspace_outputs};
pub use keep::keep;
