//! What the server gives an agent: the claim and the job.

use crate::Secret;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Asks for one job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claim {
    /// [`crate::VERSION`] of the agent.
    pub version: u32,
    /// A name for people, such as the host's.
    pub agent_name: String,
    /// Random, new with every agent process: tells a restarted agent from a slow one.
    pub agent_instance: String,
    /// The engines this agent can run; the server picks among them.
    pub engines: Vec<Engine>,
    /// How long the server may hold the call when nothing is waiting, milliseconds.
    pub wait_ms: u64,
}

/// Which program plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// OpenTofu.
    Tofu,
    /// Terraform.
    Terraform,
}

impl EngineKind {
    /// The program's file name, also the value of the workspace's `engine` attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tofu => "tofu",
            Self::Terraform => "terraform",
        }
    }

    /// Whether a version of it can write its plan as JSON: Terraform from 0.12, OpenTofu always (api-contract 3.5).
    pub fn has_json_plans(self, version: &str) -> bool {
        let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        self == Self::Tofu || (major, minor) >= (0, 12)
    }

    /// The name people know.
    pub fn title(self) -> &'static str {
        match self {
            Self::Tofu => "OpenTofu",
            Self::Terraform => "Terraform",
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One engine: kind and exact version, such as `tofu 1.12.6`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// Which program.
    pub kind: EngineKind,
    /// Its exact version, without a leading `v`.
    pub version: String,
}

impl Engine {
    /// Whether it can write its plan as JSON.
    pub fn has_json_plans(&self) -> bool {
        self.kind.has_json_plans(&self.version)
    }
}

/// One phase of one run, leased to one agent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// [`crate::VERSION`] of the server.
    pub version: u32,
    /// `job-…`.
    pub id: String,
    /// Raised with every new lease of the same phase.
    pub lease_epoch: i64,
    /// How long the lease lasts without a heartbeat, milliseconds.
    pub lease_ms: u64,
    /// `run-…`.
    pub run_id: String,
    /// `plan-…`.
    pub plan_id: String,
    /// What the run belongs to.
    pub workspace: WorkspaceInfo,
    /// One of the engines the claim offered.
    pub engine: Engine,
    /// The configuration to plan.
    pub configuration: ConfigurationSource,
    /// Variables as frozen when the run was made.
    pub variables: Vec<Variable>,
    /// What kind of plan.
    pub options: PlanOptions,
    /// Where results go.
    pub uploads: Uploads,
    /// The phase is ended after this time, milliseconds.
    pub timeout_ms: u64,
    /// The largest log kept, bytes; an engine that prints more is ended.
    pub log_bytes_max: u64,
}

/// The workspace as a run sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkspaceInfo {
    /// `ws-…`.
    pub id: String,
    /// Also the value of `terraform.workspace`.
    pub name: String,
    /// The organization's name.
    pub organization: String,
    /// The project's name, for `TFC_PROJECT_NAME`.
    pub project: String,
    /// Relative to the archive's root; empty for the root itself.
    pub working_directory: String,
}

/// A configuration archive (tar.gz).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConfigurationSource {
    /// `cv-…`.
    pub id: String,
    /// A signed path on the server.
    pub url: Secret,
    /// Hex SHA-256 of the archive.
    pub sha256: String,
    /// Bytes of the archive.
    pub size_bytes: u64,
}

/// Where a variable goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// An input variable of the configuration.
    Terraform,
    /// An environment variable of the engine.
    Env,
}

/// One variable of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Variable {
    /// The name.
    pub key: String,
    /// The value: text, or an HCL expression when `hcl`.
    pub value: Secret,
    /// Where it goes.
    pub category: Category,
    /// The value is an HCL expression.
    pub hcl: bool,
    /// The value must not appear in the log.
    pub sensitive: bool,
}

/// What kind of plan to make.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOptions {
    /// `-destroy`.
    pub destroy: bool,
}

/// Signed paths that take one object each; a repeat of the same bytes is accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Uploads {
    /// The engine's opaque plan file.
    pub plan_file: Secret,
    /// The bytes of `show -json` of that file.
    pub plan_json: Secret,
}

/// What the server kept of an upload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredObject {
    /// Hex SHA-256 of the bytes received.
    pub sha256: String,
    /// Bytes received.
    pub size_bytes: u64,
}

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

#[cfg(test)]
mod tests {
    use super::EngineKind::{Terraform, Tofu};

    #[test]
    fn old_engines_have_no_json_plans() {
        assert!(!Terraform.has_json_plans("0.11.15"));
        assert!(Terraform.has_json_plans("0.12.0") && Terraform.has_json_plans("1.11.4"));
        assert!(Tofu.has_json_plans("1.12.6"));
    }
}
