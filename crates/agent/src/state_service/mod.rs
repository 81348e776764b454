//! The state calls of an engine, answered beside it for one run.
//!
//! The engine runs with a `cloud` block whose logical host leads here, to a loopback address. A plan reads the
//! workspace's state, and writing one is refused; an apply also writes. Nothing here answers 5xx, which an engine
//! would retry for minutes: what cannot be done is refused with 409.
//!
//! | module | holds |
//! |---|---|
//! | `serve` | the listener |
//! | `routes` | which call gets which answer; the calls that read |
//! | `writes` | the calls that write |
//! | `http_backend` | the calls of engines before 0.13 |
//! | `ledger` | the run's states, kept before they are acknowledged |
//! | `files` | where they are on disk |
//! | `reserve` | disk space kept back for them |
//! | `answers` | the documents |

mod answers;
mod files;
mod http_backend;
mod ledger;
mod reserve;
mod routes;
mod serve;
mod writes;

pub(crate) use files::{StateFiles, StateMeta};
pub(crate) use reserve::Reserve;
pub(crate) use serve::start;
