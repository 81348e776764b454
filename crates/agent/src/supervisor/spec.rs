//! What one phase is made of: written by the agent, read by the supervisor and the sandbox.

use std::{fs, io};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::job::Folder;

/// Everything the supervisor needs to know; the file is for the supervisor alone, the engine cannot read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// Raised when the shape changes: the supervisor is the same program, but may be an older copy of it.
    pub(crate) version: u32,
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
}

/// The version of [`Spec`] and of the records the supervisor writes.
pub(crate) const SPEC_VERSION: u32 = 1;

/// One engine command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Which.
    pub(crate) kind: StepKind,
    /// Its arguments, without the program.
    pub(crate) arguments: Vec<String>,
}

/// The engine commands of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StepKind {
    /// `init`.
    Init,
    /// `plan`.
    Plan,
    /// `show -json` of the plan file.
    Show,
}

impl StepKind {
    /// The command's name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Plan => "plan",
            Self::Show => "show",
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
