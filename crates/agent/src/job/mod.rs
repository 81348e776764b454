//! One job from claim to report.
//!
//! | module | holds |
//! |---|---|
//! | `drive` | the loop that owns the job |
//! | `folder` | where its files lie |
//! | `fetch` | its configuration, downloaded and unpacked |
//! | `prepare` | everything the supervisor needs |
//! | `process` | the supervisor as the agent sees it |
//! | `heartbeat` | keeps the lease and hears orders |
//! | `ending` | who wants the job to end early, and why |
//! | `verdict` | how it ended, in words |
//! | `artefacts` | plan file and JSON plan, hashed, counted and uploaded |
//! | `inside` | opens what an engine left, without following it elsewhere |

mod artefacts;
mod drive;
mod ending;
mod fetch;
mod folder;
mod heartbeat;
mod inside;
mod prepare;
mod process;
mod verdict;

pub(crate) use drive::{Context, run_job};
pub(crate) use folder::Folder;
