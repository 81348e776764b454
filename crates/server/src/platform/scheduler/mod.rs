//! Which run may go next, the jobs agents lease, and wake-ups.
//!
//! The rules (api-contract 4.7): a workspace runs one normal run at a time, in order of creation; it holds the
//! workspace's lock from leaving `pending` to its end. Plan-only runs wait for nobody and block nobody. Among the
//! jobs of all workspaces normal plans go before speculative ones, then the older first.
//!
//! Transactions take rows in one order, so that no two wait for each other: workspace, job, plan, run.

mod advance;
pub mod store;
mod sweep;
mod wake;

pub use advance::{Priority, advance_workspace, queue_run, release_workspace};
pub use sweep::{end_lost_jobs, sweep_forever};
pub use wake::Wake;
