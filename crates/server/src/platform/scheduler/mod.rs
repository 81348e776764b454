//! Which run may go next, the jobs agents lease, and wake-ups.
//!
//! The rules (api-contract 4.7): a workspace runs one normal run at a time, in order of creation; it holds the
//! workspace's lock from leaving `pending` to its end. Plan-only runs wait for nobody and block nobody. Among the
//! jobs of all workspaces applies go before normal plans, these before speculative ones, then the older first.
//!
//! What becomes of a job whose agent is silent is decided in [`lease`], and done in `lost`.

mod advance;
mod ended;
pub mod lease;
mod lost;
pub mod store;
mod sweep;
mod wake;

pub use advance::{Priority, advance_workspace, queue_apply, queue_run, release_workspace};
pub use ended::announce_end;
pub use lease::Phase;
pub use lost::{Cause, lose, try_again};
pub use sweep::sweep_forever;
pub use wake::Wake;
