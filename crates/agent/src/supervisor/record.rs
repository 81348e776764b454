//! How a phase ended, as the supervisor records it.

use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::spec::{SPEC_VERSION, StepKind};
use crate::job::{Folder, write_durably};

/// The end of a phase: sent to the agent at once, then kept in `exit.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exit {
    /// [`super::spec::SPEC_VERSION`].
    pub(crate) version: u32,
    /// Why nothing runs any more.
    pub(crate) how: How,
    /// The commands that ran, in order.
    pub(crate) steps: Vec<StepEnd>,
    /// The command of which nobody saw the end.
    #[serde(default)]
    pub(crate) unended: Option<StepKind>,
    /// Why a state could not be kept, if one could not.
    #[serde(default)]
    pub(crate) state_failure: Option<String>,
}

/// Why nothing runs any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub(crate) enum How {
    /// Every command that was due has ended by itself.
    Done,
    /// An order to interrupt came first.
    Interrupted,
    /// An order to end at once came first.
    Killed,
    /// The time was over.
    TimedOut,
    /// The sandbox could not be made as demanded, or broke.
    Broken {
        /// What happened.
        reason: String,
    },
}

/// One command that ran, or could not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StepEnd {
    /// Which.
    pub(crate) step: StepKind,
    /// When it was started, Unix microseconds.
    pub(crate) started_us: i64,
    /// When it ended, Unix microseconds.
    pub(crate) ended_us: i64,
    /// How it ended.
    pub(crate) status: Status,
}

/// How one command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Status {
    /// By itself.
    Exited {
        /// The exit code.
        code: i32,
    },
    /// By a signal.
    Signaled {
        /// Its number.
        signal: i32,
    },
    /// The program could not be executed.
    NotStarted {
        /// Why.
        reason: String,
    },
}

impl Status {
    /// Exit code 0.
    pub(crate) fn is_success(&self) -> bool {
        matches!(self, Self::Exited { code: 0 })
    }
}

/// What the sandbox tells the supervisor, one JSON document a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "tell")]
pub(crate) enum Tell {
    /// A command was started; the number is of the sandbox's own pid namespace.
    Started {
        /// Which.
        step: StepKind,
        /// Its process, also its process group.
        pid: i32,
    },
    /// A command has ended.
    Ended(StepEnd),
    /// Nothing can run.
    Broken {
        /// Why.
        reason: String,
    },
}

/// What the sandbox lacks, for the first lines of the log: empty when it is full.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Level {
    /// One short text for each missing part.
    pub(crate) lacking: Vec<String>,
}

impl Level {
    /// Reads what the sandbox wrote before its first command.
    pub(crate) fn read(folder: &Folder) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.level()).ok()?).ok()
    }
}

impl Exit {
    /// Nothing ran.
    pub(crate) fn broken(reason: String) -> Self {
        let how = How::Broken { reason };
        Self { version: SPEC_VERSION, how, steps: Vec::new(), unended: None, state_failure: None }
    }

    /// Reads the file; an error means that the outcome is unknown.
    pub(crate) fn read(folder: &Folder) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(folder.exit())?)?)
    }

    /// Writes the file so that it is either whole or absent, and survives a power cut.
    pub(crate) fn write(&self, folder: &Folder) -> io::Result<()> {
        write_durably(&folder.exit(), &serde_json::to_vec(self)?)
    }
}
