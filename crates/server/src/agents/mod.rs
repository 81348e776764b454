//! The server's side of what agents say (crate `terrane-wire`): claim, heartbeat, log, upload, report.

mod claim;
mod embedded;
mod http;
mod report;

pub use embedded::embedded_agent_name;
pub use http::{routes, upload};
