//! The server's side of what agents say (crate `terrane-wire`): claim, heartbeat, log, upload, report.

mod claim;
mod http;
mod report;

pub(crate) use http::store_hashed;
pub use http::{routes, upload};

/// The name the embedded agent goes by: what it held when the server died is lost.
pub const EMBEDDED: &str = "embedded";
