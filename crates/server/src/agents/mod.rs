//! Agents: who they are, and the server's side of what they say (crate `terrane-wire`).

mod claim;
mod hello;
mod http;
pub mod model;
mod report;
mod states;
pub mod store;

pub(crate) use http::store_hashed;
pub use http::{routes, upload};
pub use model::{ExecutionDetails, Executor};

/// The name of the server's own agent.
pub const EMBEDDED: &str = "embedded";
