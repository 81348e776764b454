//! The re-executed process that owns one phase: starts the sandbox, serves the state, outlives the agent.
//!
//! | module | holds |
//! |---|---|
//! | `spec` | what the agent asks for |
//! | `record` | how it ended |
//! | `supervise` | the process itself |
//! | `watch` | its loop: orders, deadlines, what the sandbox tells |
//! | `namespaces` | the pid namespace around the sandbox |
//! | `processes` | finding and ending processes by `/proc` |

mod namespaces;
pub(crate) mod processes;
pub(crate) mod record;
pub(crate) mod spec;
mod supervise;
mod watch;

pub(crate) use supervise::ATTEMPT;
pub use supervise::supervise;
