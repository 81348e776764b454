//! Applies: `GET /applies/:id`, its log, and what is left of one that broke.
//!
//! Each run has one from its creation. `pending → queued → running → finished | errored | canceled`;
//! `pending`, `queued → unreachable`. The engine of an apply is executed at most once, ever: [`start`] notes it durably
//! before, and nothing clears the mark. An apply ends together with its run, its state and the workspace's lock, in one
//! transaction ([`ingest`]).

mod described;
mod evidence;
mod followed;
mod http;
mod ingest;
mod lines;
pub mod model;
mod start;
pub mod store;

pub use described::operations;
pub(crate) use evidence::ERRORED_STATE;
pub use evidence::{Evidence, gather};
pub use followed::wait_for_follower;
pub use http::{document, read_errored_state, routes};
pub use ingest::{End, deliver_late, ingest};
pub use start::start;
