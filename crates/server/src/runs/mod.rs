//! Runs: one plan and one apply of a workspace's configuration.
//!
//! `pending → plan_queued → planning → planned → confirmed → apply_queued → applying → applied`; a plan-only run and
//! one without changes end as `planned_and_finished`. `errored`, `canceled` and `discarded` end a run early.

mod cancel;
mod confirm;
mod create;
mod described;
mod discard;
mod force_cancel;
pub mod history;
mod http;
pub mod model;
pub mod store;

pub use cancel::cancel;
pub use confirm::confirm;
pub(crate) use create::open_variables;
pub use create::{NewRun, RunVariable, create};
pub use described::operations;
pub use discard::discard;
pub use force_cancel::force_cancel;
pub use http::{document, routes};
