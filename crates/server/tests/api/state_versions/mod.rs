//! `/workspaces/:id/state-versions`, `/state-versions/:id` and what hangs on them.

mod create;
mod engines;
mod outputs;
mod read;
mod recovered;
mod rollback;
mod sequences;
mod unlock;
mod upload;
mod writing;

pub use writing::from_run;
use writing::{Pending, current, lock, post, run_in, unlock, write};
