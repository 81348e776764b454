//! What is said while a job is under way.

use serde::{Deserialize, Serialize};

/// Renews a lease and waits for orders.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The job's lease epoch.
    pub lease_epoch: i64,
    /// The strongest order the agent has already heard; the call is held until there is a stronger one.
    pub heard: Option<Stop>,
    /// How long the server may hold the call, milliseconds.
    pub wait_ms: u64,
}

/// What the server wants of a running job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Orders {
    /// Set when the job must end early.
    pub stop: Option<Stop>,
}

/// How to end early, the stronger one last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stop {
    /// One SIGINT to the engine, then the grace time.
    Interrupt,
    /// End everything now.
    Kill,
}

/// How much of a log the server has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogAck {
    /// The offset the next bytes must have.
    pub next_offset: u64,
}

/// What the server kept of an upload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredObject {
    /// Hex SHA-256 of the bytes received.
    pub sha256: String,
    /// Bytes received.
    pub size_bytes: u64,
}

/// Asks to start an apply. Everything the agent is about to use is named as the agent itself has hashed it; the server
/// compares it with what the plan was made from, and notes the start durably before it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The job's lease epoch.
    pub lease_epoch: i64,
    /// Random, made for this one start and kept in memory only: a repeat of the same call is told from a second start.
    pub nonce: String,
    /// Hex SHA-256 of the plan file.
    pub plan_file_sha256: String,
    /// Hex SHA-256 of the configuration archive.
    pub configuration_sha256: String,
    /// Hex SHA-256 of the dependency lock file that `init` will find, when there is one.
    pub lock_file_sha256: Option<String>,
    /// Hex SHA-256 of the engine's program file.
    pub engine_sha256: Option<String>,
    /// The state the engine will find; `None` when there is none.
    pub state: Option<StateSeen>,
}

/// A state as the agent has it on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateSeen {
    /// `sv-…`.
    pub id: String,
    /// Hex SHA-256 of the file.
    pub sha256: String,
}
