//! Runs: one plan and one apply of a workspace's configuration.
//!
//! `pending → plan_queued → planning → planned → confirmed → apply_queued → applying → applied`; a plan-only run and
//! one without changes end as `planned_and_finished`; a saved plan waits as `planned_and_saved` until somebody confirms
//! it. `errored`, `canceled` and `discarded` end a run early.

mod adopt;
mod cancel;
mod confirm;
mod create;
mod described;
mod discard;
mod force_cancel;
mod force_execute;
pub mod history;
mod http;
pub mod mode;
pub mod model;
mod saved;
pub mod store;
mod view;

pub(crate) use adopt::adopt_configuration;
pub use cancel::cancel;
pub use confirm::confirm;
pub(crate) use create::open_variables;
pub use create::{Made, NewRun, RunVariable, create, create_in};
pub use described::operations;
pub use discard::discard;
pub use force_cancel::force_cancel;
pub use force_execute::force_execute;
pub use http::{included, routes, with_related};
pub(crate) use saved::{discard_expired, discard_overtaken};
pub use view::{routes as page_routes, table};
