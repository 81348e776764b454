//! Real engines: each scenario with OpenTofu and with Terraform, as a user sees it through the API.

mod adoptions;
mod applies;
mod bench;
mod counts;
mod documents;
mod failures;
mod inputs;
mod large;
mod lifecycles;
mod lines;
mod modes;
mod modules;
mod old;
mod provider;
mod sandbox;
mod saved;
mod together;
mod under_way;
mod variable_sets;
mod workspaces;

pub(crate) use bench::on_engines;
pub use bench::{Bench, REAL};
