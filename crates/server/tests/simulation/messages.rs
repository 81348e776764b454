//! What server and agents say, as `crates/wire` has it, without what the protocol does not depend on.

use terrane_server::platform::scheduler::Phase;

/// A phase of a run: its job. Two jobs of a run never have the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobId {
    pub run: usize,
    pub phase: Phase,
}

impl JobId {
    pub fn is_apply(self) -> bool {
        self.phase == Phase::Apply
    }
}

/// A job under one lease: an agent keeps a folder for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub job: JobId,
    pub epoch: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    Interrupt,
    Kill,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Finished,
    Errored,
    Canceled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    pub outcome: Outcome,
    /// Where the log ends.
    pub log_end: usize,
    pub is_state_uncertain: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    Hello { process: u32, holding: Vec<Key> },
    Claim { process: u32 },
    Beat { key: Key, heard: Option<Stop> },
    Log { key: Key, offset: usize, piece: Option<u64> },
    Start { key: Key, nonce: u64 },
    State { key: Key, sequence: usize, value: u64 },
    Report { key: Key, report: Report },
}

impl Call {
    /// The lease it is said under.
    pub fn key(&self) -> Option<Key> {
        match self {
            Self::Hello { .. } | Self::Claim { .. } => None,
            Self::Beat { key, .. }
            | Self::Log { key, .. }
            | Self::Start { key, .. }
            | Self::State { key, .. }
            | Self::Report { key, .. } => Some(*key),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Welcome {
        lost: Vec<Key>,
    },
    Job {
        key: Key,
        log_offset: usize,
    },
    NoJob,
    Orders(Option<Stop>),
    Log {
        next: usize,
    },
    Done,
    /// 409 or 404: trying again makes no sense.
    Refused,
}

/// Whose call it is: a process of an agent, and the number it gave the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct From {
    pub agent: usize,
    pub process: u32,
    pub call: u32,
}
