//! Why an agent cannot work at all; what goes wrong in a job is told to the server instead.

use std::io;

use camino::Utf8PathBuf;

use crate::engine::CliConfigError;

/// Why an agent cannot work.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The folder for jobs cannot be made.
    #[error("failed to make the folder {path} for running jobs: {error}")]
    WorkDir {
        /// The folder.
        path: Utf8PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The operator's engine settings cannot be used.
    #[error(transparent)]
    CliConfig(#[from] CliConfigError),
}
