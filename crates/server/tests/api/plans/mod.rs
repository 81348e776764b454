//! `/plans/:id` and `/runs/:id/plan`.

mod json_output;
mod log;
mod redacted;
mod show;
mod states;
mod visibility;
