//! Real engines: each scenario with OpenTofu and with Terraform, as a user sees it through the API.

mod applies;
mod bench;
mod counts;
mod failures;
mod inputs;
mod large;
mod old;
mod provider;
mod sandbox;
mod together;
mod under_way;

pub(crate) use bench::on_engines;
pub use bench::{Bench, REAL};
