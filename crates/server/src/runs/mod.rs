//! Runs: one plan (and later one apply) of a workspace's configuration.
//!
//! `pending → plan_queued → planning → planned`; a plan-only run and one without changes end as
//! `planned_and_finished`. `errored`, `canceled` and `discarded` end a run early.

mod cancel;
mod create;
mod discard;
mod http;
pub mod model;
pub mod store;

pub use cancel::cancel;
pub(crate) use create::open_variables;
pub use create::{NewRun, RunVariable, create};
pub use discard::discard;
pub use http::{document, routes};
