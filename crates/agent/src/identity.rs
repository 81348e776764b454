//! Who an agent is: its id, kept in its work directory, which is its own.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::DirBuilderExt,
};

use camino::Utf8Path;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::{
    error::AgentError,
    job::{read_json, write_durably},
};

const IDENTITY_VERSION: u32 = 1;

/// A work directory that no other agent has.
#[derive(Debug)]
pub(crate) struct WorkDir {
    path: camino::Utf8PathBuf,
    _lock: File,
}

#[derive(Serialize, Deserialize)]
struct Identity {
    version: u32,
    agent_id: String,
}

impl WorkDir {
    /// Makes the folder if there is none and takes it for this agent.
    pub(crate) fn take(path: &Utf8Path) -> Result<Self, AgentError> {
        let failed = |error| AgentError::WorkDir { path: path.to_owned(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.join("agent.lock"));
        let lock = lock.map_err(failed)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(AgentError::InUse { path: path.to_owned() }),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// The number of this process among those that had this folder: on disk before anybody hears of it.
    pub(crate) fn count_process(&self) -> io::Result<u64> {
        let path = self.path.join("agent-processes.json");
        let number = read_json::<u64>(&path).unwrap_or(0) + 1;
        write_durably(&path, &serde_json::to_vec(&number)?)?;
        Ok(number)
    }

    /// What the server called the agent last.
    pub(crate) fn agent_id(&self) -> Option<String> {
        let identity: Identity = read_json(&self.path.join("agent.json")).ok()?;
        (identity.version == IDENTITY_VERSION).then_some(identity.agent_id)
    }

    /// Keeps what the server calls the agent.
    pub(crate) fn keep_agent_id(&self, agent_id: &str) -> io::Result<()> {
        if self.agent_id().as_deref() == Some(agent_id) {
            return Ok(());
        }
        let identity = Identity { version: IDENTITY_VERSION, agent_id: agent_id.to_owned() };
        write_durably(&self.path.join("agent.json"), &serde_json::to_vec(&identity)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{AgentError, WorkDir};
    use camino::Utf8Path;

    #[test]
    fn a_work_directory_has_one_agent_and_remembers_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = Utf8Path::from_path(dir.path()).expect("utf-8").join("agent");
        let first = WorkDir::take(&path).expect("free");
        assert_eq!(first.agent_id(), None);
        first.keep_agent_id("agent-1").expect("kept");
        assert_eq!(first.count_process().expect("counted"), 1);
        assert!(matches!(WorkDir::take(&path), Err(AgentError::InUse { .. })));
        drop(first);
        let second = WorkDir::take(&path).expect("free again");
        assert_eq!(second.agent_id().as_deref(), Some("agent-1"));
        assert_eq!(second.count_process().expect("counted"), 2);
    }

    #[test]
    fn the_identity_of_version_1_is_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = Utf8Path::from_path(dir.path()).expect("utf-8");
        std::fs::write(path.join("agent.json"), r#"{"version":1,"agent_id":"agent-x"}"#).expect("written");
        assert_eq!(WorkDir::take(path).expect("free").agent_id().as_deref(), Some("agent-x"));
    }
}
