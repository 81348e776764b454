//! The catalogue of engine versions, for site administrators (`/admin/terraform-versions`).
//!
//! The name is the reference's; our attribute `engine` says whose version it is, OpenTofu's or Terraform's. What this
//! server finds installed is noted here by itself. Others can be added, so that people see them; `terrane engine install`
//! brings their programs. A version that is disabled cannot be named by workspaces and runs, and plans nothing;
//! what was planned with it is still applied.

mod described;
mod disabled;
mod http;
pub mod model;
mod note;
pub mod store;
mod write;

pub use described::operations;
pub use disabled::{check_enabled, disabled, kind_that_has, without};
pub use http::routes;
pub use note::note_found;
