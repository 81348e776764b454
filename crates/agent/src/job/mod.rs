//! One job from claim to report, by one agent process or by several after each other.
//!
//! | module | holds |
//! |---|---|
//! | `drive` | the loop that owns the job |
//! | `kept` | what the job is, on disk for a later process |
//! | `held` | the jobs of which there are folders |
//! | `folder` | where its files lie |
//! | `begin` | from the download to the start of the supervisor |
//! | `fetch` | configuration, state and plan file, downloaded and checked |
//! | `prepare` | everything the supervisor needs |
//! | `lock_file` | the dependency lock file, from a plan to its apply |
//! | `packages` | provider packages, from the agent's store and to it |
//! | `process` | the supervisor as the agent sees it |
//! | `ending` | who wants the job to end early, and why |
//! | `states` | forwards what an apply writes |
//! | `report` | what the phase came to, told to the server |
//! | `secrets` | what is known to be secret beforehand |
//! | `verdict` | how it ended, in words |
//! | `artefacts` | what an engine left, hashed, counted and uploaded |
//! | `inside` | opens what an engine left, without following it elsewhere |

mod artefacts;
mod begin;
mod drive;
mod ending;
mod fetch;
mod folder;
mod held;
mod inside;
mod kept;
mod lock_file;
mod packages;
mod prepare;
mod process;
mod report;
mod secrets;
mod states;
mod verdict;

pub(crate) use drive::Context;
pub(crate) use ending::{Ending, Why};
pub(crate) use folder::Folder;
pub(crate) use held::{Adopted, find_held, holding_now, run_adopted, run_claimed};
pub(crate) use kept::{read_json, write_durably};
