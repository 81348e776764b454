//! Why an agent cannot work at all; what goes wrong in a job is told to the server instead.

use std::io;

use camino::Utf8PathBuf;

use crate::{client::ClientError, engine::CliConfigError};

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
    /// Another agent works there.
    #[error(
        "the folder {path} belongs to another agent that is running; give each agent its own work directory"
    )]
    InUse {
        /// The folder.
        path: Utf8PathBuf,
    },
    /// The server does not want this agent.
    #[error("the server does not take this agent: {0}")]
    Refused(String),
    /// There is no way to the server.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The thread that renews leases cannot be started.
    #[error("failed to start the thread that renews leases: {0}")]
    Heart(io::Error),
    /// The operator's engine settings cannot be used.
    #[error(transparent)]
    CliConfig(#[from] CliConfigError),
}
