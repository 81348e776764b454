//! What server and agent say to each other.
//!
//! All calls are below [`BASE_PATH`], with the agent's bearer token:
//!
//! | call | path | body → answer |
//! |---|---|---|
//! | hello | `POST hello` | [`Hello`] → 200 [`Welcome`]: at the start of an agent process, with the jobs it still holds |
//! | claim | `POST claim` | [`Claim`] → 200 [`Job`], or 204 when nothing came up within [`Claim::wait_ms`] |
//! | heartbeat | `POST jobs/{id}/heartbeat` | [`Heartbeat`] → 200 [`Orders`]; held until an order is given or [`Heartbeat::wait_ms`] has passed |
//! | log | `PUT jobs/{id}/log?epoch=E&offset=O` | raw bytes → 200 [`LogAck`]; 409 [`LogAck`] when `O` leaves a gap |
//! | start | `POST jobs/{id}/start` | [`Start`] → 204; 409 when this apply must not be started, for ever |
//! | state | `PUT jobs/{id}/states/{sequence}?epoch=E&serial=S&lineage=L&md5=M` | the state file → 200 [`StoredObject`] |
//! | its JSON | `PUT jobs/{id}/states/{sequence}/json?epoch=E` | the JSON form → 200 [`StoredObject`] |
//! | objects | `GET`, `PUT` of a URL in [`Job`] | raw bytes; a `PUT` → 200 [`StoredObject`]; with [`OFFER_HEADER`] 204 or 404 |
//! | report | `POST jobs/{id}/report` | [`Report`] → 204; a repeat of the same report is harmless |
//!
//! Two calls carry a plan, claim and report; an apply has a third between them, start, before its engine is executed.
//! Every call after the claim names the lease epoch; a lower one is refused with 409 for ever. A job that the server
//! knows nothing of is 404. URLs are paths on the server, signed by it, so that the same job works over a socket and in
//! process.
//!
//! Invariant: this crate holds shapes only, no IO. A change of shape raises [`VERSION`].

mod hello;
mod job;
mod report;
mod running;
mod secret;
mod version;

pub use hello::{Claim, Held, Hello, Welcome, instance_of, is_earlier};
pub use job::{
    ApplyTask, Category, ConfigurationSource, Engine, EngineKind, GitInfo, Job, ObjectSource, PlanOptions,
    PlanTask, StateSource, Task, Uploads, Variable, WorkspaceInfo,
};
pub use report::{Artefact, Counts, Outcome, Report};
pub use running::{Heartbeat, LogAck, Orders, Start, StateSeen, Stop, StoredObject};
pub use secret::Secret;
pub use version::{VersionRequest, is_newer};

/// The version of every shape in this crate.
pub const VERSION: u32 = 5;

/// Names the SHA-256 of an object in hex, in a `PUT` without a body: the server answers 204 when it has the object, and 404
/// when it wants the bytes. Only [`Uploads::provider_schemas`] takes it: every
/// plan with the same providers has the same schemas, and they are large.
pub const OFFER_HEADER: &str = "x-terrane-offer";

/// Where the agent's calls live on the server.
pub const BASE_PATH: &str = "/agent/v1/";

/// The largest body of one log call, bytes.
pub const LOG_BODY_BYTES_MAX: usize = 1024 * 1024;

/// The largest dependency lock file that moves from plan to apply, bytes.
pub const LOCK_FILE_BYTES_MAX: u64 = 512 * 1024;
