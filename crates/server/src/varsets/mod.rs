//! Variable sets: variables that several workspaces share. A set belongs to an organization or to one of its projects,
//! and applies to all workspaces (`global`), to those of some projects, or to some workspaces. Which of several values a
//! run gets is decided in `variables/precedence`.

mod apply;
mod described;
mod http;
pub mod store;
mod write;

pub use apply::refuse_conflicts;
pub use described::operations;
pub use http::routes;
