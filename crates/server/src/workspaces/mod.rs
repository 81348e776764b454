//! Workspaces: settings, lock, and the line of runs behind it.

pub mod auto_destroy;
mod consumers;
mod create;
pub mod delete;
mod described;
mod destroy_due;
mod engine_choice;
mod http;
mod lock;
pub mod model;
mod restore;
mod run_ended;
mod safe_delete;
mod settings;
mod ssh_key;
pub mod store;
mod update;
mod view;

pub use described::operations;
pub use destroy_due::sweep_forever as destroy_due_forever;
pub use http::{resource, routes};
pub use restore::{kept_settings, restore};
pub use run_ended::run_ended;
pub use view::routes as page_routes;
