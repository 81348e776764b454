//! What an agent tells the server when a phase has ended.

use serde::{Deserialize, Serialize};

/// The end of a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The job's lease epoch.
    pub lease_epoch: i64,
    /// How the phase ended.
    pub outcome: Outcome,
    /// What the plan would do, once it is known.
    pub counts: Option<Counts>,
    /// The plan file, when the engine wrote one and it was uploaded.
    pub plan_file: Option<Artefact>,
    /// The JSON plan, when there is one and it was uploaded. An errored plan may have one.
    pub plan_json: Option<Artefact>,
    /// Bytes of log sent: the server refuses the report while it has fewer.
    pub log_size_bytes: u64,
    /// Hex SHA-256 of the engine's program file.
    pub engine_sha256: Option<String>,
    /// Hex SHA-256 of the dependency lock file after `init`, when there is one.
    pub lock_file_sha256: Option<String>,
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
