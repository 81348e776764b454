//! `/runs`, `/runs/:id`, `/workspaces/:id/runs`.

mod cancel;
mod create;
mod discard;
mod engine;
mod list;
mod queue;
