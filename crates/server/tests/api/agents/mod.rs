//! What agents call: an agent that a test plays itself.

mod hello;
mod log;
mod lost;
mod moved;
mod played;
mod start;
mod states;

pub use played::{NO_AGENT, Played, report, state};
