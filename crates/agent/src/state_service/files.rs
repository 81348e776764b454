//! The states of a job on disk: written by the supervisor, forwarded by the agent.
//!
//! | file | holds |
//! |---|---|
//! | `base.tfstate` | the workspace's state before the phase |
//! | `000001.tfstate` | the first state the engine wrote; the next has the next number |
//! | `000001.meta` | what was said of it; the state counts once this exists |
//! | `000001.json` | its JSON form, when the engine sent one |
//! | `000001.sent`, `000001.json-sent` | the server has it |

use std::{fs, io};

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::{
    job::{Folder, read_json},
    supervisor::spec::SPEC_VERSION,
};

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct StateFiles(Utf8PathBuf);

/// What is known of a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StateMeta {
    /// [`SPEC_VERSION`].
    pub(crate) version: u32,
    /// As its writer said.
    pub(crate) serial: i64,
    /// As its writer said.
    pub(crate) lineage: String,
    /// Hex MD5 of the file.
    pub(crate) md5: String,
    /// Hex SHA-256 of the file.
    pub(crate) sha256: String,
    /// Its bytes.
    pub(crate) size_bytes: u64,
}

impl StateFiles {
    pub(crate) fn of(folder: &Folder) -> Self {
        Self(folder.states())
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &camino::Utf8Path {
        &self.0
    }

    pub(crate) fn base(&self) -> Utf8PathBuf {
        self.0.join("base.tfstate")
    }

    pub(crate) fn state(&self, sequence: u64) -> Utf8PathBuf {
        self.0.join(format!("{sequence:06}.tfstate"))
    }

    pub(crate) fn meta(&self, sequence: u64) -> Utf8PathBuf {
        self.0.join(format!("{sequence:06}.meta"))
    }

    pub(crate) fn json(&self, sequence: u64) -> Utf8PathBuf {
        self.0.join(format!("{sequence:06}.json"))
    }

    /// What is kept under another name until it is whole.
    pub(super) fn partial(&self, name: &str) -> Utf8PathBuf {
        self.0.join(format!("{name}.partial"))
    }

    /// Disk space that is given up for a state when there is no other.
    pub(super) fn reserve(&self) -> Utf8PathBuf {
        self.0.join("reserve")
    }

    /// What is known of a state, once it is whole.
    pub(crate) fn read_meta(&self, sequence: u64) -> io::Result<Option<StateMeta>> {
        match read_json::<StateMeta>(&self.meta(sequence)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Ok(meta) if meta.version != SPEC_VERSION => {
                Err(io::Error::other("the state was written by another version of this program"))
            }
            meta => meta.map(Some),
        }
    }

    /// Whether the server has acknowledged a state, as far as is known.
    pub(crate) fn is_sent(&self, sequence: u64) -> bool {
        self.sent(sequence, "sent").exists()
    }

    /// The same of its JSON form.
    pub(crate) fn is_json_sent(&self, sequence: u64) -> bool {
        self.sent(sequence, "json-sent").exists()
    }

    /// Notes that the server has it. A mark that is lost makes for one repeat, which the server knows.
    pub(crate) fn mark_sent(&self, sequence: u64) {
        let _ = fs::write(self.sent(sequence, "sent"), "");
    }

    /// The same of its JSON form.
    pub(crate) fn mark_json_sent(&self, sequence: u64) {
        let _ = fs::write(self.sent(sequence, "json-sent"), "");
    }

    fn sent(&self, sequence: u64, ending: &str) -> Utf8PathBuf {
        self.0.join(format!("{sequence:06}.{ending}"))
    }
}
