//! How an agent introduces itself and asks for work.

use crate::Engine;
use serde::{Deserialize, Serialize};

/// The first call of an agent process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hello {
    /// [`crate::VERSION`] of the agent.
    pub version: u32,
    /// What an earlier [`Welcome`] on the same work directory said; `None` for a new agent.
    pub agent_id: Option<String>,
    /// A name for people, such as the host's.
    pub agent_name: String,
    /// New with every agent process, as [`instance_of`] makes it: tells a restarted agent from a slow one.
    pub agent_instance: String,
    /// Every job of which this agent still has the folder. What else the server believes it to hold is lost.
    pub holding: Vec<Held>,
}

/// Names an agent process: by its number among those of its work directory, so that a call of an earlier one which comes
/// late is told from one of a later process, and by chance.
pub fn instance_of(number: u64, random: &str) -> String {
    format!("{number:016x}-{random}")
}

/// Whether an instance is of an earlier process than another of the same agent.
pub fn is_earlier(instance: &str, other: &str) -> bool {
    let number = |name: &str| u64::from_str_radix(name.split_once('-')?.0, 16).ok();
    matches!((number(instance), number(other)), (Some(one), Some(later)) if one < later)
}

/// A job an agent still has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// `job-…`.
    pub job_id: String,
    /// The lease under which it was claimed.
    pub lease_epoch: i64,
}

/// The answer to [`Hello`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Welcome {
    /// `agent-…`: to be kept in the work directory.
    pub agent_id: String,
    /// Those of [`Hello::holding`] that are nobody's any more: to be ended and removed. The others go on; a finished
    /// one is reported.
    pub lost: Vec<String>,
}

/// Asks for one job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claim {
    /// [`crate::VERSION`] of the agent.
    pub version: u32,
    /// Of [`Welcome`].
    pub agent_id: String,
    /// Of this process's [`Hello`].
    pub agent_instance: String,
    /// The engines this agent can run; the server picks among them.
    pub engines: Vec<Engine>,
    /// How long the server may hold the call when nothing is waiting, milliseconds.
    pub wait_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::{instance_of, is_earlier};

    #[test]
    fn processes_of_an_agent_have_an_order() {
        assert!(is_earlier(&instance_of(9, "f"), &instance_of(10, "a")));
        assert!(!is_earlier(&instance_of(10, "a"), &instance_of(10, "b")));
        assert!(!is_earlier(&instance_of(11, "a"), &instance_of(10, "b")));
        assert!(!is_earlier("made-otherwise", &instance_of(10, "b")));
    }
}
