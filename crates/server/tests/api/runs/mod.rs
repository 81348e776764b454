//! `/runs`, `/runs/:id`, `/workspaces/:id/runs`.

mod cancel;
mod create;
mod discard;
mod engine;
mod force_execute;
mod large;
mod list;
mod modes;
mod of_organization;
mod pages;
mod queue;
mod saved;
