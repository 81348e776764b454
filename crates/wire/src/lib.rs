//! What server and agent say to each other.
//!
//! Five calls carry a plan, all below [`BASE_PATH`], all with the agent's bearer token:
//!
//! | call | path | body → answer |
//! |---|---|---|
//! | claim | `POST claim` | [`Claim`] → 200 [`Job`], or 204 when nothing came up within [`Claim::wait_ms`] |
//! | heartbeat | `POST jobs/{id}/heartbeat` | [`Heartbeat`] → 200 [`Orders`]; held until an order is given or [`Heartbeat::wait_ms`] has passed |
//! | log | `PUT jobs/{id}/log?epoch=E&offset=O` | raw bytes → 200 [`LogAck`]; 409 [`LogAck`] when `O` leaves a gap |
//! | objects | `PUT` to a URL of [`Uploads`] | raw bytes → 200 [`StoredObject`] |
//! | report | `POST jobs/{id}/report` | [`Report`] → 204; a repeat of the same report is harmless |
//!
//! Every call after the claim names the lease epoch; a lower one is refused with 409 for ever. URLs are paths
//! on the server, signed by it, so that the same job works over a socket and in process.
//!
//! Invariant: this crate holds shapes only, no IO. A change of shape raises [`VERSION`].

mod job;
mod report;
mod secret;

pub use job::{
    Category, Claim, ConfigurationSource, Engine, EngineKind, Heartbeat, Job, LogAck, Orders, PlanOptions,
    Stop, StoredObject, Uploads, Variable, WorkspaceInfo,
};
pub use report::{Artefact, Counts, Outcome, Report};
pub use secret::Secret;

/// The version of every shape in this crate.
pub const VERSION: u32 = 1;

/// Where the agent's calls live on the server.
pub const BASE_PATH: &str = "/agent/v1/";

/// The largest body of one log call, bytes.
pub const LOG_BODY_BYTES_MAX: usize = 1024 * 1024;
