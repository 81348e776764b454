//! What an agent is told when it starts.

use std::time::Duration;

use camino::Utf8PathBuf;
use secrecy::SecretString;

/// How an agent works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// One folder for each running job is made below this one. One agent alone can have it.
    pub work_dir: Utf8PathBuf,
    /// The program that is started as `<program> supervise DIR` and starts itself as
    /// `<program> sandbox-init DIR`.
    pub supervisor: Utf8PathBuf,
    /// Engine programs named explicitly; they come first.
    pub engine_paths: Vec<Utf8PathBuf>,
    /// A folder of engine programs: `tofu`, `terraform`, or folders that hold one.
    pub engine_dir: Utf8PathBuf,
    /// The operator's CLI configuration for engines, in HCL: mirrors, credentials of registries.
    pub engine_cli_config: Option<Utf8PathBuf>,
    /// How many jobs run at once.
    pub slots: usize,
    /// What happens where a full sandbox cannot be had.
    pub sandbox: SandboxDemand,
    /// Memory of one job's processes together, bytes.
    pub memory_bytes_max: u64,
    /// Processes and threads of one job.
    pub processes_max: u64,
    /// How often an engine that applies is asked to write its state; engines know nothing shorter than 20 seconds.
    pub snapshot_interval: Duration,
    /// A name for people, such as the host's.
    pub name: String,
    /// The agent's bearer token.
    pub token: SecretString,
}

impl Settings {
    /// What [`Settings::snapshot_interval`] should be.
    pub const SNAPSHOT_INTERVAL: Duration = Duration::from_secs(20);
}

/// What happens where a full sandbox cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxDemand {
    /// Run in what there is, and say so in the run's log.
    BestEffort,
    /// Refuse to run.
    Full,
}
