//! `/applies/:id`, and the actions that lead to and end an apply.

mod confirm;
mod end;
mod force_cancel;
mod queue;
