//! What the server gives an agent: the job.

use crate::{Secret, version::is_at_least};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which program plans and applies.
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
        self == Self::Tofu || is_at_least(version, [0, 12, 0])
    }

    /// Whether a version of it speaks in JSON lines while it plans and applies, so that a client can show the plan
    /// itself: Terraform from 0.15.3, OpenTofu always (cli-protocol 3.8).
    pub fn has_structured_output(self, version: &str) -> bool {
        self == Self::Tofu || is_at_least(version, [0, 15, 3])
    }

    /// Whether its plan has a redacted form: Terraform from 0.15.2, which is the first to say what is sensitive
    /// (api-contract 3.5), OpenTofu always.
    pub fn has_redacted_plans(self, version: &str) -> bool {
        self == Self::Tofu || is_at_least(version, [0, 15, 2])
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

    /// Whether it speaks in JSON lines.
    pub fn has_structured_output(&self) -> bool {
        self.kind.has_structured_output(&self.version)
    }

    /// Whether its plan has a redacted form.
    pub fn has_redacted_plans(&self) -> bool {
        self.kind.has_redacted_plans(&self.version)
    }

    /// Whether it is OpenTofu, or Terraform of this release or a later one.
    pub fn is_at_least(&self, terraform: [u64; 3]) -> bool {
        self.kind == EngineKind::Tofu || is_at_least(&self.version, terraform)
    }
}

/// One phase of one run, leased to one agent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// [`crate::VERSION`] of the server.
    pub version: u32,
    /// `job-…`.
    pub id: String,
    /// A secret of the run, the same for its plan and its apply: an engine before 0.13 writes the address of the
    /// state, password and all, into its plan.
    pub run_secret: Secret,
    /// Raised with every new lease of the same phase.
    pub lease_epoch: i64,
    /// How long the lease lasts without a heartbeat, milliseconds.
    pub lease_ms: u64,
    /// A heartbeat is due after this time, milliseconds.
    pub heartbeat_ms: u64,
    /// `run-…`.
    pub run_id: String,
    /// `plan-…` or `apply-…`.
    pub phase_id: String,
    /// What the run belongs to.
    pub workspace: WorkspaceInfo,
    /// One of the engines the claim offered.
    pub engine: Engine,
    /// The configuration.
    pub configuration: ConfigurationSource,
    /// Variables as frozen when the run was made.
    pub variables: Vec<Variable>,
    /// The engine says all it does: `TF_LOG=TRACE`.
    pub trace: bool,
    /// The engine speaks in JSON lines.
    pub structured_output: bool,
    /// The private ssh key that modules are fetched with by git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_key: Option<Secret>,
    /// The workspace's state. `None` says that there is none: never that it could not be had.
    pub state: Option<StateSource>,
    /// What to do.
    pub task: Task,
    /// The phase is ended after this time, milliseconds.
    pub timeout_ms: u64,
    /// From the one interrupt of an engine to its end by force, milliseconds.
    pub interrupt_grace_ms: u64,
    /// The largest log kept, bytes; an engine that prints more is ended.
    pub log_bytes_max: u64,
    /// Bytes of log that are there already: those of an attempt that was lost.
    pub log_offset: u64,
}

impl Job {
    /// The apply to make, when this is one.
    pub fn apply(&self) -> Option<&ApplyTask> {
        match &self.task {
            Task::Apply(task) => Some(task),
            Task::Plan(_) => None,
        }
    }
}

/// What to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "phase")]
pub enum Task {
    /// Make a plan.
    Plan(PlanTask),
    /// Apply a plan that was made.
    Apply(ApplyTask),
}

/// A plan to make.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlanTask {
    /// What kind of plan.
    pub options: PlanOptions,
    /// Where results go.
    pub uploads: Uploads,
}

/// A plan to apply: this file and no other.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApplyTask {
    /// The engine's plan file.
    pub plan_file: ObjectSource,
    /// The dependency lock file as the plan left it, when it left one: providers must be the same.
    pub lock_file: Option<String>,
    /// A signed path that takes `errored.tfstate`.
    pub errored_state: Secret,
}

/// A stored object to download.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ObjectSource {
    /// A signed path on the server.
    pub url: Secret,
    /// Hex SHA-256 of its bytes.
    pub sha256: String,
    /// Its bytes.
    pub size_bytes: u64,
}

/// The workspace's current state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StateSource {
    /// `sv-…`.
    pub id: String,
    /// As its writer said.
    pub serial: i64,
    /// As its writer said.
    pub lineage: String,
    /// Hex MD5 of the file, which engines compare.
    pub md5: String,
    /// The file.
    pub file: ObjectSource,
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
    /// The archive.
    pub archive: ObjectSource,
    /// What version control says of it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitInfo>,
}

/// What version control says of a configuration, as engines see it in their environment.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct GitInfo {
    /// The branch.
    pub branch: Option<String>,
    /// The commit.
    pub commit_sha: Option<String>,
    /// The tag.
    pub tag: Option<String>,
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

/// What kind of plan to make: how the engine's `plan` is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOptions {
    /// `-destroy`.
    pub destroy: bool,
    /// `-refresh-only`.
    pub refresh_only: bool,
    /// `-refresh=false`: the state is taken for true.
    pub skip_refresh: bool,
    /// `-target=ADDRESS` for each.
    pub targets: Vec<String>,
    /// `-replace=ADDRESS` for each.
    pub replaces: Vec<String>,
    /// `-generate-config-out`, for `import` blocks without a resource.
    pub generate_configuration: bool,
}

/// Signed paths that take one object each; a repeat of the same bytes is accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Uploads {
    /// The engine's opaque plan file.
    pub plan_file: Secret,
    /// The bytes of `show -json` of that file.
    pub plan_json: Secret,
    /// The same without secrets, as clients show it (api-contract 3.7).
    pub redacted_json: Secret,
    /// The bytes of `providers schema -json`; may be offered by digest first ([`crate::OFFER_HEADER`]).
    pub provider_schemas: Secret,
}

#[cfg(test)]
mod tests {
    use super::EngineKind::{Terraform, Tofu};

    #[test]
    fn old_engines_have_no_json_plans() {
        assert!(!Terraform.has_json_plans("0.11.15"));
        assert!(Terraform.has_json_plans("0.12.0") && Terraform.has_json_plans("1.11.4"));
        assert!(Tofu.has_json_plans("1.12.6"));
        assert!(!Terraform.has_redacted_plans("0.15.1") && Terraform.has_redacted_plans("0.15.2"));
        assert!(!Terraform.has_structured_output("0.15.2") && Terraform.has_structured_output("0.15.3"));
        assert!(Tofu.has_structured_output("1.12.6") && Tofu.has_redacted_plans("1.12.6"));
    }
}
