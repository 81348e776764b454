//! What one phase is made of: written by the agent, read by the supervisor and the sandbox.

use std::{fs, io};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::{engine::StateAddress, job::Folder};

/// Everything the supervisor needs to know; the file is for the supervisor alone, the engine cannot read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// Raised when the shape changes: the supervisor is the same program, but may be an older copy of it.
    pub(crate) version: u32,
    /// What the commands make.
    pub(crate) phase: Phase,
    /// Random, new each time a job is prepared: a supervisor that was started for an earlier attempt and comes late
    /// refuses.
    pub(crate) attempt: String,
    /// The engine's program.
    pub(crate) engine: Utf8PathBuf,
    /// Where the commands run: the root module.
    pub(crate) working_directory: Utf8PathBuf,
    /// The engine's whole environment.
    pub(crate) environment: Vec<(String, String)>,
    /// The commands, in order.
    pub(crate) steps: Vec<Step>,
    /// What the state service answers about.
    pub(crate) workspace: StateWorkspace,
    /// Where an engine before 0.13 finds its state.
    pub(crate) state_address: Option<StateAddress>,
    /// An engine before 1.2 takes its token from the CLI configuration.
    pub(crate) has_token_in_cli_config: bool,
    /// The operator's part of the engine's CLI configuration.
    pub(crate) operator_cli_config: String,
    /// Paths outside of the job's folder that the engine may read and execute.
    pub(crate) readable: Vec<Utf8PathBuf>,
    /// Refuse to run in less than a full sandbox.
    pub(crate) demand_full_sandbox: bool,
    /// Memory of all processes together, bytes.
    pub(crate) memory_bytes_max: u64,
    /// Processes and threads.
    pub(crate) processes_max: u64,
    /// From the interrupt to the end by force, milliseconds.
    pub(crate) interrupt_grace_ms: u64,
    /// The whole phase ends after this time, milliseconds.
    pub(crate) timeout_ms: u64,
    /// How often an engine that applies is asked to write its state, seconds.
    pub(crate) snapshot_interval_secs: u64,
}

/// What the commands make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// A plan: may be made again.
    Plan,
    /// An apply: is started once, and writes states.
    Apply,
}

impl Phase {
    /// Its name, also that of the log its users read.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
        }
    }
}

/// The version of [`Spec`] and of the records the supervisor writes.
pub(crate) const SPEC_VERSION: u32 = 4;

/// One engine command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Which.
    pub(crate) kind: StepKind,
    /// Its arguments, without the program.
    pub(crate) arguments: Vec<String>,
}

/// The engine's commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StepKind {
    /// `init`.
    Init,
    /// `plan`.
    Plan,
    /// `show -json` of the plan file.
    Show,
    /// `providers schema -json`: what the providers of the plan can do, and which of their attributes are sensitive.
    Schemas,
    /// `apply` of a plan file.
    Apply,
}

impl StepKind {
    /// The command's name, also that of the file with what it says to people.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Plan => "plan",
            Self::Show => "show",
            Self::Schemas => "providers-schema",
            Self::Apply => "apply",
        }
    }
}

/// The workspace as the state service shows it to the engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StateWorkspace {
    /// `ws-…`.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its organization.
    pub(crate) organization: String,
    /// `run-…`.
    pub(crate) run_id: String,
    /// The bearer token of this one run.
    pub(crate) token: String,
    /// The state the phase finds; its file is in the job's folder. `None` when there is none yet.
    pub(crate) base: Option<BaseState>,
}

/// What is known of the state a phase finds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BaseState {
    /// `sv-…`.
    pub(crate) id: String,
    /// As its writer said.
    pub(crate) serial: i64,
    /// As its writer said.
    pub(crate) lineage: String,
    /// Hex MD5 of the file.
    pub(crate) md5: String,
}

impl Spec {
    /// Reads the job's file.
    pub(crate) fn read(folder: &Folder) -> io::Result<Self> {
        let spec: Self = serde_json::from_slice(&fs::read(folder.spec())?)?;
        if spec.version != SPEC_VERSION {
            return Err(io::Error::other("the job was written by another version of this program"));
        }
        Ok(spec)
    }

    /// Writes the job's file, readable by its owner alone.
    pub(crate) fn write(&self, folder: &Folder) -> io::Result<()> {
        write_private(&folder.spec(), &serde_json::to_vec(self)?)
    }
}

/// Writes a new file that nobody else may read.
pub(crate) fn write_private(path: &Utf8Path, content: &[u8]) -> io::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(content)
}
