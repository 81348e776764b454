//! What an agent tells the server when a phase has ended.

use serde::{Deserialize, Serialize};

/// The end of a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The job's lease epoch.
    pub lease_epoch: i64,
    /// How the phase ended.
    pub outcome: Outcome,
    /// Bytes of log: the server refuses the report while it has fewer.
    pub log_size_bytes: u64,
    /// Of a plan: what it would do, once that is known. (What an apply has done the server reads from its log.)
    pub counts: Option<Counts>,
    /// Of a plan: its file, when the engine wrote one and it was uploaded.
    pub plan_file: Option<Artefact>,
    /// Of a plan: its JSON form, when there is one and it was uploaded. An errored plan may have one.
    pub plan_json: Option<Artefact>,
    /// Of a plan: its redacted form, when there is one and it was uploaded.
    pub redacted_json: Option<Artefact>,
    /// Of a plan: what its providers can do, when that is known and uploaded.
    pub provider_schemas: Option<Artefact>,
    /// Of a plan: the dependency lock file after `init`, when there is one.
    pub lock_file: Option<String>,
    /// Of a plan: hex SHA-256 of the engine's program file.
    pub engine_sha256: Option<String>,
    /// Of a plan: it was killed from outside before it could end, so that it may be made once more.
    #[serde(default)]
    pub is_lost: bool,
    /// Of an apply: how many states the engine wrote; each has been sent before.
    pub states_written: u64,
    /// Of an apply: the engine did not end by itself, or kept its last state to itself, so that what was written last
    /// need not be what exists.
    pub is_state_uncertain: bool,
    /// Of an apply: the engine's `errored.tfstate`, when it left one and it was uploaded.
    pub errored_state: Option<Artefact>,
}

/// How a phase ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "how")]
pub enum Outcome {
    /// The engine succeeded and every artefact is stored.
    Finished,
    /// The engine or its surroundings failed; the reason is also the last line of the log.
    Errored {
        /// One sentence for people, without secrets.
        reason: String,
    },
    /// Ended by an order.
    Canceled,
}

/// What a plan would do, as the engine itself counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Creates, with the create half of replacements.
    pub additions: u64,
    /// Updates in place.
    pub changes: u64,
    /// Deletes, with the delete half of replacements.
    pub destructions: u64,
    /// Imports.
    pub imports: u64,
    /// The plan would change resources or outputs.
    pub has_changes: bool,
    /// The plan holds configuration generated for `import` blocks.
    pub generated_configuration: bool,
}

/// An uploaded object, as the agent saw it; the server compares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artefact {
    /// Hex SHA-256 of its bytes.
    pub sha256: String,
    /// Its bytes.
    pub size_bytes: u64,
}
