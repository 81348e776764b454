//! The state calls of an engine, answered beside it for one run.
//!
//! The engine runs with a `cloud` block whose logical host leads here, to a loopback address. A plan reads:
//! there is no state yet, and writing one is refused. Nothing here answers 5xx, which an engine would retry
//! for minutes.

mod answers;
mod routes;
mod serve;

pub(crate) use serve::start;
