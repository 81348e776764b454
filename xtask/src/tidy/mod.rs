//! The house rules a machine can hold (the others are for review); each file here is one group of rules.

mod borders;
mod check;
mod decisions;
mod manifests;
mod migrations;
mod modules;
mod shape;
mod unfinished;

pub(crate) use check::check;
pub(crate) use manifests::{line_of_key, workspace_dependencies};
