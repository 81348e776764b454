//! Agents: who they are, and the server's side of what they say (crate `terrane-wire`).

mod claim;
mod embedded;
mod hello;
mod http;
pub mod model;
mod report;
pub mod store;

pub use embedded::embedded_agent_name;
pub use http::{routes, take_offer, upload};
pub use model::ExecutionDetails;
pub use store::Executor;
